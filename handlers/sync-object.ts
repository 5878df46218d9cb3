import { bucketPairs, failureTable, syncQueue, syncRecords, workBucket } from '../adapters/ports.js';
import { readLiveSettings, syncObjectInput } from '../contracts/live.js';
import { syncObject } from '../core/sync/sync-object.js';
import { handle } from './runtime/handle.js';
import { logErrors } from './runtime/log.js';
import { publish } from './runtime/metrics.js';

/** Called with batches of a live pair's queue, and by people with one key: see core/sync/sync-object.ts. */
export const handler = handle(
  syncObjectInput,
  (site) => ({
    ...workBucket(site),
    ...bucketPairs(site),
    ...failureTable(site),
    ...syncRecords(site),
    ...syncQueue(site),
  }),
  async ({ ports, settings, deadline }, input) => {
    const pair = settings.BACKFILL_PAIR;
    const { answer, metrics, errors } = await syncObject(
      ports,
      { pair, settings: readLiveSettings(settings.BACKFILL_LIVE) },
      input,
      deadline,
    );
    publish(pair, metrics);
    logErrors(errors);
    return answer;
  },
);

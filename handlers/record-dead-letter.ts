import { failureTable, syncRecords } from '../adapters/ports.js';
import { queueBatch, readLiveSettings } from '../contracts/live.js';
import { recordDeadLetter } from '../core/sync/record-dead-letter.js';
import { handle } from './runtime/handle.js';
import { publish } from './runtime/metrics.js';

/** Called with batches of a live pair's dead-letter queue: see core/sync/record-dead-letter.ts. */
export const handler = handle(
  queueBatch,
  (site) => ({ ...failureTable(site), ...syncRecords(site) }),
  async ({ ports, settings }, batch) => {
    const { answer, metrics } = await recordDeadLetter(ports, readLiveSettings(settings.BACKFILL_LIVE), batch);
    publish(settings.BACKFILL_PAIR, metrics);
    return answer;
  },
);

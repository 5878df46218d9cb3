import { bucketPairs, executions, failureTable, inventories, workBucket } from '../adapters/ports.js';
import { prepareRunInput } from '../contracts/states.js';
import { prepareRun } from '../core/prepare/prepare-run.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State PrepareRun: see core/prepare/prepare-run.ts. */
export const handler = traced(
  handle(
    prepareRunInput,
    (site) => ({
      ...workBucket(site),
      ...inventories(site),
      ...bucketPairs(site),
      ...executions(site),
      ...failureTable(site),
    }),
    ({ ports, settings }, input) => prepareRun(ports, input, settings.BACKFILL_PIECE_BYTES),
  ),
);

import { failureTable, scratch, workBucket } from '../adapters/ports.js';
import { tallyPassInput } from '../contracts/states.js';
import { tallyPass } from '../core/verify/tally-pass.js';
import { handle } from './runtime/handle.js';
import { traced } from './runtime/trace.js';

/** State TallyPass: see core/verify/tally-pass.ts. */
export const handler = traced(
  handle(
    tallyPassInput,
    (site) => ({ ...workBucket(site), ...failureTable(site), ...scratch(site) }),
    ({ ports, settings }, input) => tallyPass(ports, input, settings.BACKFILL_CHUNK_ROWS),
  ),
);

import { tallyPassInput } from '../contracts/states.js';
import { tallyPass } from '../core/verify/tally-pass.js';
import { handle } from './runtime.js';

/** State TallyPass: see core/verify/tally-pass.ts. */
export const handler = handle(tallyPassInput, ({ ports, settings }, input) =>
  tallyPass(ports, input, settings.BACKFILL_CHUNK_ROWS),
);

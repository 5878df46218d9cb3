import { prepareRunInput } from '../contracts/states.js';
import { prepareRun } from '../core/prepare/prepare-run.js';
import { handle } from './runtime.js';

/** State PrepareRun: see core/prepare/prepare-run.ts. */
export const handler = handle(prepareRunInput, ({ ports, settings }, input) =>
  prepareRun(ports, input, settings.BACKFILL_PAIR),
);

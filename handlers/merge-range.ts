import { scratch, workBucket } from '../adapters/ports.js';
import { mergeRangeInput } from '../contracts/states.js';
import { mergeRange } from '../core/inventory/merge-range.js';
import { handle } from './runtime/handle.js';

/** State MergeRange: see core/inventory/merge-range.ts. */
export const handler = handle(
  mergeRangeInput,
  (site) => ({ ...workBucket(site), ...scratch(site) }),
  ({ ports, settings }, input) => mergeRange(ports, input, settings.BACKFILL_CHUNK_ROWS),
);

import { bucketPairs, workBucket } from '../adapters/ports.js';
import { listRangeInput } from '../contracts/states.js';
import { listRange } from '../core/inventory/listing/list-range.js';
import { handle } from './runtime/handle.js';

/** State ListRange: see core/inventory/listing/list-range.ts. */
export const handler = handle(
  listRangeInput,
  (site) => ({ ...workBucket(site), ...bucketPairs(site) }),
  ({ ports, deadline }, input) => listRange(ports, input, deadline),
);

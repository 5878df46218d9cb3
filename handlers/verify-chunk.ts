import { bucketPairs, failureTable, workBucket } from '../adapters/ports.js';
import { verifyChunkInput } from '../contracts/states.js';
import { verifyChunk } from '../core/verify/verify-chunk.js';
import { handle } from './runtime/handle.js';

/** State VerifyChunk: see core/verify/verify-chunk.ts. */
export const handler = handle(
  verifyChunkInput,
  (site) => ({ ...workBucket(site), ...bucketPairs(site), ...failureTable(site) }),
  ({ ports, deadline }, input) => verifyChunk(ports, input, deadline),
);

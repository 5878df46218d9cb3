import { bucketPairs, failureTable, workBucket } from '../adapters/ports.js';
import { copyChunkInput } from '../contracts/states.js';
import { copyChunk } from '../core/copy/copy-chunk.js';
import { handle } from './runtime/handle.js';

/** State CopyChunk: see core/copy/copy-chunk.ts. */
export const handler = handle(
  copyChunkInput,
  (site) => ({ ...workBucket(site), ...bucketPairs(site), ...failureTable(site) }),
  ({ ports, deadline }, input) => copyChunk(ports, input, deadline),
);

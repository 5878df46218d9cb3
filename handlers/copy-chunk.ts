import { announcedCopies, bucketPairs, failureTable, workBucket } from '../adapters/ports.js';
import { copyChunkInput } from '../contracts/states.js';
import { copyChunk } from '../core/copy/copy-chunk.js';
import { announcer } from '../core/sync/announce.js';
import { handle } from './runtime/handle.js';

/** State CopyChunk: see core/copy/copy-chunk.ts. */
export const handler = handle(
  copyChunkInput,
  (site) => ({ ...workBucket(site), ...bucketPairs(site), ...failureTable(site), ...announcedCopies(site) }),
  ({ ports: { announced, ...ports }, deadline }, input) => {
    const announce = announced && announcer(announced, ports.clock, deadline);
    return copyChunk({ ...ports, ...(announce && { announce }) }, input, deadline);
  },
);

import { inventories, scratch, workBucket } from '../adapters/ports.js';
import { indexFileInput } from '../contracts/states.js';
import { indexFile } from '../core/inventory/index-file.js';
import { handle } from './runtime/handle.js';

/** State IndexFile: see core/inventory/index-file.ts. */
export const handler = handle(
  indexFileInput,
  (site) => ({ ...workBucket(site), ...inventories(site), ...scratch(site) }),
  ({ ports, settings }, input) => indexFile(ports, input, settings.BACKFILL_CHUNK_ROWS),
);

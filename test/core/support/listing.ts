import type { ListingRange } from '../../../contracts/listing.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { LIST_COLUMNS } from '../../../core/inventory/listing/data-file.js';
import { listingFiles } from '../../../core/inventory/listing/listing-files.js';
import { runOf, writeRun } from './rows.js';
import { SOURCE, WORK, type Storage } from './storage.js';

/** A run that lists what is under a prefix of its own; its folder, and where its files are. */
export async function listingRun(storage: Storage, id: string, more: Partial<RunRequestInput> = {}) {
  const folder = `manifests/${id}-0/`;
  const paths = listingFiles(folder);
  const createdAt = Date.UTC(2026, 0, 2);
  await writeRun(
    storage,
    runOf(
      id,
      { source: { bucket: SOURCE, prefix: `${id}/` }, manifest: { list: true }, ...more },
      {
        manifest: {
          kind: 'list',
          bucket: WORK,
          key: paths.manifest(SOURCE, createdAt),
          folder,
          createdAt,
          columns: LIST_COLUMNS,
        },
      },
    ),
  );
  return { folder, paths, manifestKey: paths.manifest(SOURCE, createdAt) };
}

/** All that there is, in as many pages as it takes. */
export const WHOLE: ListingRange = { range: 0, after: '', pages: 1_000, pieces: 1 };

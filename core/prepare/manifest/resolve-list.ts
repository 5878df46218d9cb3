import type { RunRequest } from '../../../contracts/run-request.js';
import type { AskingRun } from '../../../contracts/run.js';
import { BackfillError } from '../../errors.js';
import { chooseListing } from '../../inventory/listing/begin-listing.js';
import { LIST_COLUMNS } from '../../inventory/listing/data-file.js';
import { listingFiles } from '../../inventory/listing/listing-files.js';
import type { Ports } from '../../ports.js';
import type { ManifestFiles } from './resolve-manifest.js';

/** A listing of the source, which the states ListRange and GatherListing make: its data files are not known yet. */
export async function resolveList(
  ports: Pick<Ports, 'work'>,
  run: AskingRun,
  request: RunRequest,
): Promise<ManifestFiles> {
  if (request.versions === 'all')
    throw new BackfillError(
      'ManifestUnsupported',
      'manifest {"list": true}: expected versions: "current"; it lists the current versions alone. Say versions: "current" to copy those, or name an inventory of all versions.',
    );
  const { bucket, prefix = '' } = request.source;
  const { folder, createdAt } = await chooseListing(ports, run, { bucket, prefix });
  const key = listingFiles(folder).manifest(bucket, createdAt);
  return {
    manifest: { kind: 'list', bucket: ports.work.bucket, key, folder, createdAt, columns: LIST_COLUMNS },
    files: [],
  };
}

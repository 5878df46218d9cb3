import type { RunRequest } from '../../../contracts/run-request.js';
import type { AskingRun } from '../../../contracts/run.js';
import { BackfillError } from '../../errors.js';
import { chooseListing } from '../../inventory/listing/begin-listing.js';
import { AS_OF_COLUMNS, LIST_COLUMNS } from '../../inventory/listing/data-file.js';
import { listingFiles } from '../../inventory/listing/listing-files.js';
import type { Ports } from '../../ports.js';
import { asOfOf } from '../pair-bounds.js';
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
  const asOf = momentOf(request, run);
  const { folder, createdAt } = await chooseListing(ports, run, {
    bucket,
    prefix,
    ...(asOf === undefined ? {} : { asOf }),
  });
  const key = listingFiles(folder).manifest(bucket, createdAt);
  return {
    manifest: {
      kind: 'list',
      bucket: ports.work.bucket,
      key,
      folder,
      createdAt,
      ...(asOf === undefined ? { columns: LIST_COLUMNS } : { columns: AS_OF_COLUMNS, asOf, pinned: true }),
    },
    files: [],
  };
}

/** As of which time the source is listed. What is to come nobody can list. */
function momentOf(request: RunRequest, { startedAt }: AskingRun): number | undefined {
  const text = asOfOf(request);
  if (text === undefined) return undefined;
  const asOf = Date.parse(text);
  if (asOf > startedAt)
    throw new BackfillError(
      'InvalidRequest',
      `manifest.asOf: expected a time that is past; ${new Date(asOf).toISOString()} is later than the start of this run, ${new Date(startedAt).toISOString()}. Leave it out for what is there now.`,
    );
  return asOf;
}

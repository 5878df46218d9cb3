import { DeleteObjectCommand, GetBucketVersioningCommand, ListObjectVersionsCommand } from '@aws-sdk/client-s3';
import type { PinnedDestination, VersionMarker, VersionPage, VersionState, Written } from '../../core/ports.js';
import { withKindsInOrder } from './version-order.js';
import { named, type BucketSide } from './bucket-side.js';
import { quote, unquote } from './etag.js';
import { decodeListed } from './listed-key.js';
import { restoreOf } from './restore-status.js';
import { storageCall } from './storage-error.js';

/** A page of versions and delete markers. The SDK gives them in two lists; here they are in S3's order again. */
export async function listVersions(
  side: BucketSide,
  prefix: string,
  after: VersionMarker,
  limit?: number,
): Promise<VersionPage> {
  const { command, kinds } = withKindsInOrder(
    new ListObjectVersionsCommand({
      ...named(side),
      EncodingType: 'url',
      OptionalObjectAttributes: ['RestoreStatus'],
      ...(prefix === '' ? {} : { Prefix: prefix }),
      ...(after.key === '' ? {} : { KeyMarker: after.key }),
      ...(after.versionId === undefined ? {} : { VersionIdMarker: after.versionId }),
      ...(limit === undefined ? {} : { MaxKeys: limit }),
    }),
  );
  const page = await storageCall(() => side.client.send(command));
  const objects = (page.Versions ?? []).map((each): VersionState => ({
    key: decodeListed(each.Key ?? '', page.EncodingType),
    versionId: each.VersionId ?? 'null',
    isDeleteMarker: false,
    size: each.Size ?? 0,
    etag: unquote(each.ETag),
    lastModified: each.LastModified?.getTime() ?? 0,
    storageClass: each.StorageClass ?? 'STANDARD',
    ...restoreOf(each),
  }));
  const markers = (page.DeleteMarkers ?? []).map((each): VersionState => ({
    key: decodeListed(each.Key ?? '', page.EncodingType),
    versionId: each.VersionId ?? 'null',
    isDeleteMarker: true,
    size: 0,
    etag: '',
    lastModified: each.LastModified?.getTime() ?? 0,
    storageClass: '',
  }));
  return {
    versions: kinds().flatMap((kind) => (kind === 'Version' ? objects : markers).shift() ?? []),
    next: page.IsTruncated
      ? { key: decodeListed(page.NextKeyMarker ?? '', page.EncodingType), versionId: page.NextVersionIdMarker }
      : undefined,
  };
}

/** All versions of one key, the newest first. A longer key may begin with this one: only what is its own counts. */
export async function versionsOf(side: BucketSide, key: string): Promise<VersionState[]> {
  const own: VersionState[] = [];
  let after: VersionMarker | undefined = { key: '' };
  while (after) {
    const page: VersionPage = await listVersions(side, key, after);
    own.push(...page.versions.filter((version) => version.key === key));
    const last = page.versions.at(-1);
    // Keys come in order: behind this one are others that begin with it.
    after = last && last.key !== key ? undefined : page.next;
  }
  return own;
}

export async function putDeleteMarker(side: BucketSide, { key, etag }: PinnedDestination): Promise<Written> {
  const answer = await storageCall(() =>
    side.client.send(
      new DeleteObjectCommand({ ...named(side), Key: key, ...(etag === undefined ? {} : { IfMatch: quote(etag) }) }),
    ),
  );
  return { etag: '', ...(answer.VersionId === undefined ? {} : { versionId: answer.VersionId }) };
}

export async function versioningOf(side: BucketSide): Promise<'Enabled' | 'Suspended' | 'Off'> {
  const { Status } = await storageCall(() => side.client.send(new GetBucketVersioningCommand(named(side))));
  return Status ?? 'Off';
}

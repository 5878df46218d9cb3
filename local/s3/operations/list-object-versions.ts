import { element, escapeXml } from '../../http/xml.js';
import { checkVersionId } from '../find-version.js';
import { type VersionEntry, listVersionsPage } from '../list-versions-page.js';
import { type Operation, type S3Call, bucketOf, isoTime } from '../s3-call.js';
import { S3Error } from '../s3-error.js';
import { isDeleteMarker, versionIdOf } from '../versioned-objects.js';
import { type Listing, describe, listingAnswer, ownerOf, readListing, startAtMarker } from './list-objects.js';

/** Versions and delete markers stand in one order. A bucket without versioning has the null version of each object. */
export const listObjectVersions: Operation = (call) => {
  const listing = readListing(call);
  const { objects } = bucketOf(call);
  const marker = call.query.get('key-marker') ?? '';
  const versionIdMarker = call.query.get('version-id-marker');
  if (versionIdMarker !== undefined) checkMarkers(call, marker, versionIdMarker);
  const start = startAtMarker(marker, listing);
  const { entries, next } = listVersionsPage(objects, { ...listing, start, versionIdMarker });
  const position = [
    `<KeyMarker>${escapeXml(listing.encode(marker))}</KeyMarker>`,
    versionIdMarker === undefined ? '<VersionIdMarker/>' : element('VersionIdMarker', versionIdMarker),
    element('NextKeyMarker', next && listing.encode(next.kind === 'version' ? next.key : next.prefix)),
    element('NextVersionIdMarker', next?.kind === 'version' ? versionIdOf(next.version) : undefined),
    element('IsTruncated', next !== undefined),
  ];
  const owner = ownerOf(call);
  const contents = entries.map((entry) => contentOf(entry, listing, owner));
  const prefixes = entries.flatMap((entry) => (entry.kind === 'commonPrefix' ? [entry.prefix] : []));
  return listingAnswer('ListVersionsResult', listing, position, contents.join(''), prefixes);
};

/** @throws S3Error `InvalidArgument` */
function checkMarkers(call: S3Call, keyMarker: string, versionIdMarker: string): void {
  const argument = { ArgumentName: 'version-id-marker', ArgumentValue: versionIdMarker };
  if (versionIdMarker === '') throw new S3Error('InvalidArgument', argument, 'A version-id marker cannot be empty.');
  if (keyMarker === '') {
    throw new S3Error('InvalidArgument', argument, 'A version-id marker cannot be specified without a key marker.');
  }
  checkVersionId(bucketOf(call).objects, versionIdMarker, 'version-id-marker');
}

function contentOf(entry: VersionEntry, { encode, optional }: Listing, owner: string): string {
  if (entry.kind === 'commonPrefix') return '';
  const { key, version, isLatest } = entry;
  const named = `<Key>${escapeXml(encode(key))}</Key><VersionId>${versionIdOf(version)}</VersionId><IsLatest>${isLatest}</IsLatest>`;
  return isDeleteMarker(version)
    ? `<DeleteMarker>${named}<LastModified>${isoTime(version.lastModified)}</LastModified>${owner}</DeleteMarker>`
    : `<Version>${named}${describe(version)}${owner}<StorageClass>${version.storageClass}</StorageClass>${optional?.(version) ?? ''}</Version>`;
}

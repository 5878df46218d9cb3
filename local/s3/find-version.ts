import { S3Error } from './s3-error.js';
import { orderOfVersion } from './version-id.js';
import { type DeleteMarker, type Version, type VersionedObjects, versionIdOf } from './versioned-objects.js';

/**
 * What a request with or without a version id means, a delete marker too.
 * @param versionId as the request has it; undefined for what is current
 * @returns undefined where there is none
 * @throws S3Error `InvalidArgument` where the id is none, or the bucket has no versioning and it is not `null`
 */
export function findVersion(
  objects: VersionedObjects,
  key: string,
  versionId: string | undefined,
): Version | undefined {
  if (versionId === undefined) return objects.latest(key);
  checkVersionId(objects, versionId);
  return objects.version(key, versionId);
}

/** @throws S3Error `InvalidArgument` */
export function checkVersionId(objects: VersionedObjects, versionId: string, name = 'versionId'): void {
  if (isVersionId(objects, versionId)) return;
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: name, ArgumentValue: versionId },
    versionId === '' ? 'Version id cannot be the empty string' : 'Invalid version id specified',
  );
}

/** A bucket that never had versioning knows only `null`, well-formed as another id may be. */
export function isVersionId(objects: VersionedObjects, versionId: string): boolean {
  return versionId === 'null' || (objects.versioning !== undefined && orderOfVersion(versionId) !== undefined);
}

/** What a request does with the version that it names: reads it, changes it (tags, ACL), or copies it. */
export type Use = 'reads' | 'changes' | 'copies';

/**
 * A delete marker where an object was asked for, in S3's words.
 * | | current | by its version id |
 * |---|---|---|
 * | reads | 404 NoSuchKey | 405 |
 * | changes | 405 | 405 |
 * | copies | 404 NoSuchKey | 400 InvalidRequest |
 * The headers are as seen on S3 with ACLs; that tags have the same is a guess.
 */
export function deleteMarkerError(
  marker: DeleteMarker,
  asked: { key: string; versionId: string | undefined; method: string; use: Use },
): S3Error {
  const named = [
    ['x-amz-delete-marker', 'true'],
    ['x-amz-version-id', versionIdOf(marker)],
  ] as const;
  const byId = asked.versionId !== undefined;
  if (asked.use !== 'changes' && !byId) return new S3Error('NoSuchKey', { Key: asked.key }).withHeaders(named);
  if (asked.use === 'copies')
    return new S3Error(
      'InvalidRequest',
      {},
      'The source of a copy request may not specifically refer to a delete marker by version id.',
    );
  const refusal = new S3Error('MethodNotAllowed', { Method: asked.method, ResourceType: 'DeleteMarker' });
  const time = ['last-modified', new Date(marker.lastModified).toUTCString()] as const;
  return refusal.withHeaders([['allow', 'DELETE'], ...(byId ? named : []), ...(asked.use === 'reads' ? [time] : [])]);
}

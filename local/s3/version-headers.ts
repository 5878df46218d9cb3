import type { Bucket } from './bucket.js';
import type { StoredObject } from './stored-object.js';
import { versionIdOf } from './versioned-objects.js';

type Header = readonly [name: string, value: string];

/** `x-amz-version-id` of an object that is read, changed or copied to: `null` too, but nothing where the bucket never had versioning. */
export function versionHeader({ objects }: Bucket, object: StoredObject): Header[] {
  return objects.versioning === undefined ? [] : [['x-amz-version-id', versionIdOf(object)]];
}

/**
 * `x-amz-version-id` of an object that was put: nothing for a null version, seen so on S3 for PutObject while versioning is suspended.
 * (CopyObject tells `null`. That CompleteMultipartUpload does as PutObject is a guess.)
 */
export function putVersionHeader({ versionId }: StoredObject): Header[] {
  return versionId === undefined ? [] : [['x-amz-version-id', versionId]];
}

/** `x-amz-copy-source-version-id`; seen so on S3: nothing where the source is a null version. */
export function sourceVersionHeader({ versionId }: StoredObject): Header[] {
  return versionId === undefined ? [] : [['x-amz-copy-source-version-id', versionId]];
}

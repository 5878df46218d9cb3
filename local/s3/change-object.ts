import type { Bucket } from './bucket.js';
import { type S3Call, bucketOf, objectOf } from './s3-call.js';
import type { StoredObject } from './stored-object.js';

/** Changes in place, in the version that the request names, what is kept beside an object's bytes: neither its ETag nor its time change. */
export function changeObject(call: S3Call, change: (object: StoredObject, bucket: Bucket) => StoredObject): void {
  const bucket = bucketOf(call);
  const before = objectOf(call, bucket, undefined, 'changes');
  const after = change(before, bucket);
  // A restore concerns this bucket alone.
  if (after.restore !== before.restore) bucket.objects.change(call.key, after);
  else call.service.replicator.change(bucket, call.key, after);
}

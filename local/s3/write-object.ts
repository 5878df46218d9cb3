import type { Bucket } from './bucket.js';
import { judgeWrite } from './conditions.js';
import { type Reason, notifyCreated } from './notifications.js';
import type { S3Call } from './s3-call.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

/** @throws S3Error `KeyTooLongError` */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key);
  if (size > MAX_KEY) throw new S3Error('KeyTooLongError', { MaxSizeAllowed: MAX_KEY, Size: size });
}

/** Judges the request's conditions on what is there now. @throws S3Error `PreconditionFailed`, `NoSuchKey`, `NotImplemented` */
export function checkWriteConditions(call: S3Call, bucket: Bucket): void {
  const existing = bucket.objects.get(call.key);
  const verdict = judgeWrite(
    call.headers,
    existing && { etag: existing.content.etag, lastModified: existing.lastModified },
  );
  switch (verdict.kind) {
    case 'failed':
      throw new S3Error('PreconditionFailed', { Condition: verdict.condition });
    case 'missing':
      throw new S3Error('NoSuchKey', { Key: call.key });
    case 'unsupported':
      throw new S3Error('NotImplemented', { Header: verdict.header, additionalMessage: verdict.message });
    case 'holds':
  }
}

/**
 * Puts an object in its place, if the request's conditions hold at this moment: nothing comes between the judging and the writing.
 * @returns the object with its version id
 */
export function writeObject(call: S3Call, bucket: Bucket, object: StoredObject, reason: Reason): StoredObject {
  checkWriteConditions(call, bucket);
  const { key, service } = call;
  const written = service.replicator.put(bucket, key, object);
  notifyCreated(service, bucket, { key, object: written, reason }, call);
  return written;
}

/** Bytes of a key's UTF-8. */
const MAX_KEY = 1024;

import { decodePercent } from '../http/uri.js';
import { archivedError } from './archive-answers.js';
import { isReadable } from './archive.js';
import { judgeCopySource } from './conditions.js';
import { openObject } from './encryption/open-object.js';
import { type S3Call, bucketOf, header, objectOf } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

/** What `x-amz-copy-source` names. */
export interface CopySource {
  bucketName: string;
  key: string;
  versionId?: string;
}

/**
 * Reads `x-amz-copy-source`: `bucket/key`, with or without a slash before it, percent-encoded (`+` is a space), `?versionId=` after it.
 * @throws S3Error `InvalidArgument`
 */
export function readCopySource(text: string): CopySource {
  const mark = text.lastIndexOf('?versionId=');
  const path = decodePercent((mark < 0 ? text : text.slice(0, mark)).replaceAll('+', ' '))?.replace(/^\//, '');
  if (path?.startsWith('arn:')) throw notImplemented({ header: 'x-amz-copy-source with an ARN' });
  const slash = path?.indexOf('/') ?? -1;
  if (path === undefined || slash <= 0 || slash === path.length - 1) {
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'x-amz-copy-source', ArgumentValue: text },
      'Invalid copy source object key',
    );
  }
  const versionId = mark < 0 ? undefined : text.slice(mark + '?versionId='.length);
  return {
    bucketName: path.slice(0, slash),
    key: path.slice(slash + 1),
    ...(versionId !== undefined && { versionId }),
  };
}

/** The object to copy, its conditions judged. @throws S3Error where it is not there, archived, or not as the request wants it */
export function sourceOf(call: S3Call): StoredObject {
  const source = readCopySource(header(call, 'x-amz-copy-source') ?? '');
  const bucket = bucketOf(call, source.bucketName, 'x-amz-source-expected-bucket-owner');
  const object = objectOf(call, bucket, source, 'copies');
  if (!isReadable(object, call.service.clock.now())) throw archivedSourceError(call, object);
  openObject(call, object, { of: 'copySource', bucket: source.bucketName, key: source.key });
  const { etag } = object.content;
  const verdict = judgeCopySource(call.headers, { etag, lastModified: object.lastModified }, call.service.clock.now());
  if (verdict.kind === 'failed') throw new S3Error('PreconditionFailed', { Condition: verdict.condition });
  return object;
}

/** Only CopyObject, and only of what Intelligent-Tiering archived, has the error of its own that S3 documents for it. */
function archivedSourceError(call: S3Call, object: StoredObject): S3Error {
  if (object.archiveTier !== undefined && !call.query.has('uploadId')) return new S3Error('ObjectNotInActiveTierError');
  return archivedError(object, "Operation is not valid for the source object's storage class");
}

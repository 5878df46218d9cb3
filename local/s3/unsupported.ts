import { askedAcl } from './acl-headers.js';
import { missingConfiguration } from './object-lock-headers.js';
import type { S3Call } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';

/**
 * Refuses, by name, headers of a write that this server does not carry out as S3 does: nothing is stored that is not what was asked for.
 * ACLs and Object Lock are refused as S3 refuses them in such a bucket.
 */
export function refuseUnsupportedWrite(call: S3Call): void {
  const { headers, service, bucketName, query } = call;
  if (query.has('versionId'))
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'versionId', ArgumentValue: query.get('versionId') ?? '' },
      'This operation does not accept a version-id.',
    );
  const bucket = service.buckets.get(bucketName);
  for (const name in headers) {
    if (!name.startsWith('x-amz-')) continue;
    if (name === 'x-amz-acl' || name.startsWith('x-amz-grant-')) askedAcl(call, bucket);
    if (name.startsWith('x-amz-object-lock-') && !bucket?.objectLock) throw missingConfiguration();
    if (UNSUPPORTED.some((start) => name.startsWith(start))) throw notImplemented({ header: name });
  }
}

const UNSUPPORTED = ['x-amz-write-offset-bytes', 'x-amz-if-match-', 'x-amz-mfa'];

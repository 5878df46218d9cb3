import { askedAcl } from './acl-headers.js';
import { missingConfiguration } from './object-lock-headers.js';
import type { S3Call } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';

/**
 * Refuses, by name, headers of a write that this server does not carry out as S3 does: nothing is stored that is not what was asked for.
 * ACLs and Object Lock are refused as S3 refuses them in such a bucket.
 */
export function refuseUnsupportedWrite(call: S3Call): void {
  const { headers, service, bucketName } = call;
  const bucket = service.buckets.get(bucketName);
  for (const name in headers) {
    if (!name.startsWith('x-amz-')) continue;
    const value = headers[name] as string;
    if (name === 'x-amz-acl' || name.startsWith('x-amz-grant-')) askedAcl(call, bucket);
    if (name.startsWith('x-amz-object-lock-') && !bucket?.objectLock) throw missingConfiguration();
    if (name === 'x-amz-server-side-encryption') refuseEncryption(value);
    else if (UNSUPPORTED.some((start) => name.startsWith(start))) throw notImplemented({ header: name });
  }
}

const UNSUPPORTED = [
  'x-amz-server-side-encryption',
  'x-amz-copy-source-server-side-encryption',
  'x-amz-write-offset-bytes',
  'x-amz-if-match-',
  'x-amz-mfa',
];

function refuseEncryption(algorithm: string): void {
  if (algorithm === 'AES256') return;
  if (algorithm.startsWith('aws:')) throw notImplemented({ header: `x-amz-server-side-encryption: ${algorithm}` });
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: algorithm },
    'The encryption method specified is not supported',
  );
}

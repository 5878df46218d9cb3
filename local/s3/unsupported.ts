import type { IncomingHttpHeaders } from 'node:http';
import { S3Error, notImplemented } from './s3-error.js';

/**
 * Refuses, by name, headers of a write that this server does not carry out as S3 does: nothing is stored that is not what was asked for.
 * ACLs and Object Lock are refused as S3 refuses them in a bucket with its defaults (ACLs off, no lock).
 */
export function refuseUnsupportedWrite(headers: IncomingHttpHeaders): void {
  for (const name in headers) {
    if (!name.startsWith('x-amz-')) continue;
    const value = headers[name] as string;
    if (name.startsWith('x-amz-grant-')) throw new S3Error('AccessControlListNotSupported');
    if (name === 'x-amz-acl' && value !== 'bucket-owner-full-control') refuseAcl(value);
    if (name.startsWith('x-amz-object-lock-'))
      throw new S3Error('InvalidRequest', {}, 'Bucket is missing Object Lock Configuration');
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

const CANNED_ACLS = new Set([
  'private',
  'public-read',
  'public-read-write',
  'authenticated-read',
  'aws-exec-read',
  'bucket-owner-read',
  'bucket-owner-full-control',
]);

function refuseAcl(name: string): never {
  if (CANNED_ACLS.has(name)) throw new S3Error('AccessControlListNotSupported');
  throw new S3Error('InvalidArgument', { ArgumentName: 'x-amz-acl', ArgumentValue: name }, '');
}

function refuseEncryption(algorithm: string): void {
  if (algorithm === 'AES256') return;
  if (algorithm.startsWith('aws:')) throw notImplemented({ header: `x-amz-server-side-encryption: ${algorithm}` });
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: algorithm },
    'The encryption method specified is not supported',
  );
}

import type { ObjectOwnership } from './bucket.js';
import type { S3Call } from './s3-call.js';
import { S3Error, notImplemented } from './s3-error.js';

/**
 * Refuses, by name, headers of a write that this server does not carry out as S3 does: nothing is stored that is not what was asked for.
 * ACLs and Object Lock are refused as S3 refuses them in such a bucket.
 */
export function refuseUnsupportedWrite({ headers, service, bucketName, query }: S3Call): void {
  if (query.has('versionId'))
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: 'versionId', ArgumentValue: query.get('versionId') ?? '' },
      'This operation does not accept a version-id.',
    );
  const ownership = service.buckets.get(bucketName)?.ownership ?? 'BucketOwnerEnforced';
  for (const name in headers) {
    if (!name.startsWith('x-amz-')) continue;
    const value = headers[name] as string;
    if (name.startsWith('x-amz-grant-')) refuseGrant(name, ownership);
    if (name === 'x-amz-acl') checkCannedAcl(value, ownership);
    if (name.startsWith('x-amz-object-lock-'))
      throw new S3Error('InvalidRequest', {}, 'Bucket is missing Object Lock Configuration');
    if (UNSUPPORTED.some((start) => name.startsWith(start))) throw notImplemented({ header: name });
  }
}

const UNSUPPORTED = ['x-amz-write-offset-bytes', 'x-amz-if-match-', 'x-amz-mfa'];

/** Of one account, these all say that the owner has full control, and nobody else any. */
const OWNERS_ACLS = new Set(['private', 'bucket-owner-read', 'bucket-owner-full-control']);
/** These open an object to others, which S3's Block Public Access, on by default, denies. */
const PUBLIC_ACLS = new Set(['public-read', 'public-read-write', 'authenticated-read']);

function checkCannedAcl(acl: string, ownership: ObjectOwnership): void {
  if (acl === 'bucket-owner-full-control') return;
  if (!OWNERS_ACLS.has(acl) && !PUBLIC_ACLS.has(acl) && acl !== 'aws-exec-read')
    throw new S3Error('InvalidArgument', { ArgumentName: 'x-amz-acl', ArgumentValue: acl }, '');
  if (ownership === 'BucketOwnerEnforced') throw new S3Error('AccessControlListNotSupported');
  if (PUBLIC_ACLS.has(acl)) throw new S3Error('AccessDenied');
  if (!OWNERS_ACLS.has(acl)) throw notImplemented({ header: `x-amz-acl: ${acl}` });
}

function refuseGrant(header: string, ownership: ObjectOwnership): void {
  if (ownership === 'BucketOwnerEnforced') throw new S3Error('AccessControlListNotSupported');
  throw notImplemented({ header });
}

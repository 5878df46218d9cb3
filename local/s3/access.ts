import type { IncomingHttpHeaders } from 'node:http';
import { readCopySource } from './copy-source.js';
import type { OperationName } from './router.js';
import type { S3Call } from './s3-call.js';
import { isDeleteMarker } from './versioned-objects.js';

/** One thing that a request does, as IAM policies name it. */
export interface S3Access {
  /** `s3:GetObject` and its kin. */
  action: string;
  /** Empty for actions on the account. */
  bucket: string;
  /** Empty for actions on the bucket. */
  key: string;
  /** Of actions on a version: the one that was asked for by its id. */
  versionId?: string | undefined;
}

/**
 * What a request needs, a copy's source first. DeleteObjects asks for each of its keys itself.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function accessesOf(
  operation: OperationName,
  call: Pick<S3Call, 'bucketName' | 'key' | 'headers' | 'query' | 'service'>,
): S3Access[] {
  const { bucketName: bucket, key, headers, query } = call;
  if (operation === 'DeleteObjects') return [];
  if (operation === 'DeleteObject')
    return deleteAccesses({ bucket, key }, query.get('versionId'), textOf(headers, 'if-match'));
  const versionId = query.get('versionId');
  const names = [ACTIONS[operation] ?? operation].flat().map((name) => ofVersion(name, versionId));
  const { reads, tags } = sourceAccesses(operation, call);
  if (operation === 'CreateBucket') names.push(...bucketExtras(headers));
  if (STARTS_OBJECT.has(operation)) {
    const replaced = textOf(headers, 'x-amz-tagging') !== undefined;
    if (tags === 'copied' || (tags !== 'dropped' && replaced)) names.push('PutObjectTagging');
    for (const [name, lock] of LOCKS) if (lock.some((each) => headers[each] !== undefined)) names.push(name);
    // `private` is what an object has without an ACL too.
    const grants = Object.keys(headers).some((name) => name.startsWith('x-amz-grant-'));
    if (grants || (textOf(headers, 'x-amz-acl') ?? 'private') !== 'private') names.push('PutObjectAcl');
  }
  if (ENDS_OBJECT.has(operation) && comparesEtag(textOf(headers, 'if-match'))) names.push('GetObject');
  return [...reads, ...names.map((name) => ({ action: `s3:${name}`, bucket, key, versionId }))];
}

/**
 * What deleting needs. A comparison with an ETag tells of the object's content, so it has to be readable.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-delete-enforce.html
 */
export function deleteAccesses(
  object: Pick<S3Access, 'bucket' | 'key'>,
  versionId: string | undefined,
  ifMatch: string | undefined,
): S3Access[] {
  const names = [ofVersion('DeleteObject', versionId), ...(comparesEtag(ifMatch) ? ['GetObject'] : [])];
  return names.map((name) => ({ action: `s3:${name}`, ...object, versionId }));
}

/** What a copy needs of its source, and what becomes of the source's tags. */
function sourceAccesses(
  operation: OperationName,
  { headers, service }: Pick<S3Call, 'headers' | 'service'>,
): { reads: S3Access[]; tags?: 'copied' | 'dropped' } {
  if (operation !== 'CopyObject' && operation !== 'UploadPartCopy') return { reads: [] };
  const { bucketName: bucket, key, versionId } = readCopySource(textOf(headers, 'x-amz-copy-source') ?? '');
  const read = (name: string) => ({ action: `s3:${ofVersion(name, versionId)}`, bucket, key, versionId });
  if (operation === 'UploadPartCopy') return { reads: [read('GetObject')] };
  if (textOf(headers, 'x-amz-tagging-directive') === 'REPLACE') return { reads: [read('GetObject')] };
  const objects = service.buckets.get(bucket)?.objects;
  const source = versionId === undefined ? objects?.get(key) : objects?.version(key, versionId);
  const tagged = source !== undefined && !isDeleteMarker(source) && source.description.tags.size > 0;
  return tagged
    ? { reads: [read('GetObject'), read('GetObjectTagging')], tags: 'copied' }
    : { reads: [read('GetObject')], tags: 'dropped' };
}

function bucketExtras(headers: IncomingHttpHeaders): string[] {
  const acl = (textOf(headers, 'x-amz-acl') ?? 'private') === 'private' ? [] : ['PutBucketAcl'];
  const locks = textOf(headers, 'x-amz-bucket-object-lock-enabled')?.toLowerCase() === 'true';
  const lock = locks ? ['PutBucketObjectLockConfiguration', 'PutBucketVersioning'] : [];
  const owned = textOf(headers, 'x-amz-object-ownership') === undefined ? [] : ['PutBucketOwnershipControls'];
  return [...acl, ...owned, ...lock];
}

const LOCKS = [
  ['PutObjectRetention', ['x-amz-object-lock-mode', 'x-amz-object-lock-retain-until-date']],
  ['PutObjectLegalHold', ['x-amz-object-lock-legal-hold']],
] as const;

const comparesEtag = (ifMatch: string | undefined) => ifMatch !== undefined && ifMatch !== '*';

/** A request for a version, even for the only one, needs the action of versions. */
function ofVersion(name: string, versionId: string | undefined): string {
  return versionId === undefined ? name : (OF_VERSION[name] ?? name);
}

function textOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Operations whose headers say what the new object has. */
const STARTS_OBJECT: ReadonlySet<OperationName> = new Set(['PutObject', 'CopyObject', 'CreateMultipartUpload']);
/**
 * Operations that put an object in its place, under conditions.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
const ENDS_OBJECT: ReadonlySet<OperationName> = new Set(['PutObject', 'CopyObject', 'CompleteMultipartUpload']);

const OF_VERSION: Readonly<Record<string, string>> = {
  DeleteObject: 'DeleteObjectVersion',
  DeleteObjectTagging: 'DeleteObjectVersionTagging',
  GetObject: 'GetObjectVersion',
  GetObjectAcl: 'GetObjectVersionAcl',
  GetObjectAttributes: 'GetObjectVersionAttributes',
  GetObjectTagging: 'GetObjectVersionTagging',
  PutObjectAcl: 'PutObjectVersionAcl',
  PutObjectTagging: 'PutObjectVersionTagging',
};

/** Where the action's name is not the operation's. */
const ACTIONS: Partial<Record<OperationName, string | readonly string[]>> = {
  PutBucketInventoryConfiguration: 'PutInventoryConfiguration',
  GetBucketInventoryConfiguration: 'GetInventoryConfiguration',
  DeleteBucketInventoryConfiguration: 'PutInventoryConfiguration',
  CompleteMultipartUpload: 'PutObject',
  DeleteBucketEncryption: 'PutEncryptionConfiguration',
  PutBucketEncryption: 'PutEncryptionConfiguration',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  GetBucketCors: 'GetBucketCORS',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  PutBucketNotificationConfiguration: 'PutBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  PutBucketReplication: 'PutReplicationConfiguration',
  DeleteBucketReplication: 'PutReplicationConfiguration',
  GetObjectAttributes: ['GetObject', 'GetObjectAttributes'],
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  PutObjectLockConfiguration: 'PutBucketObjectLockConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
  PutPublicAccessBlock: 'PutBucketPublicAccessBlock',
  DeletePublicAccessBlock: 'PutBucketPublicAccessBlock',
  HeadBucket: 'ListBucket',
  HeadObject: 'GetObject',
  ListBuckets: 'ListAllMyBuckets',
  ListMultipartUploads: 'ListBucketMultipartUploads',
  ListObjectVersions: 'ListBucketVersions',
  ListObjects: 'ListBucket',
  ListObjectsV2: 'ListBucket',
  ListParts: 'ListMultipartUploadParts',
  UploadPart: 'PutObject',
  UploadPartCopy: 'PutObject',
};

import { readCopySource } from './copy-source.js';
import type { OperationName } from './router.js';
import type { S3Call } from './s3-call.js';

/** One thing that a request does, as IAM policies name it. */
export interface S3Access {
  /** Whose key signed the request. */
  accessKeyId: string;
  /** `s3:GetObject` and its kin. */
  action: string;
  /** Empty for actions on the account. */
  bucket: string;
  /** Empty for actions on the bucket. */
  key: string;
}

/** Whether a request may do that; asked for each thing that it does. */
export type Permits = (access: S3Access) => boolean;

/**
 * What a request needs, a copy's source first. DeleteObjects asks for each of its keys itself.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
 */
export function accessesOf(
  operation: OperationName,
  call: Pick<S3Call, 'bucketName' | 'key' | 'headers'>,
): Omit<S3Access, 'accessKeyId'>[] {
  const { bucketName: bucket, key, headers } = call;
  const names = operation === 'DeleteObjects' ? [] : [ACTIONS[operation] ?? operation].flat();
  const accesses = names.map((name) => ({ action: `s3:${name}`, bucket, key }));
  if (headers['x-amz-tagging'] !== undefined && names.includes('PutObject'))
    accesses.push({ action: 's3:PutObjectTagging', bucket, key });
  const source = headers['x-amz-copy-source'];
  if (typeof source !== 'string' || (!operation.endsWith('Copy') && operation !== 'CopyObject')) return accesses;
  const from = readCopySource(source);
  return [{ action: 's3:GetObject', bucket: from.bucketName, key: from.key }, ...accesses];
}

/** Where the action's name is not the operation's. */
const ACTIONS: Partial<Record<OperationName, string | readonly string[]>> = {
  PutBucketInventoryConfiguration: 'PutInventoryConfiguration',
  GetBucketInventoryConfiguration: 'GetInventoryConfiguration',
  DeleteBucketInventoryConfiguration: 'PutInventoryConfiguration',
  CompleteMultipartUpload: 'PutObject',
  CopyObject: 'PutObject',
  CreateMultipartUpload: 'PutObject',
  GetBucketAccelerateConfiguration: 'GetAccelerateConfiguration',
  GetBucketCors: 'GetBucketCORS',
  GetBucketEncryption: 'GetEncryptionConfiguration',
  GetBucketLifecycleConfiguration: 'GetLifecycleConfiguration',
  GetBucketNotificationConfiguration: 'GetBucketNotification',
  GetBucketReplication: 'GetReplicationConfiguration',
  GetObjectAttributes: ['GetObject', 'GetObjectAttributes'],
  GetObjectLockConfiguration: 'GetBucketObjectLockConfiguration',
  GetPublicAccessBlock: 'GetBucketPublicAccessBlock',
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

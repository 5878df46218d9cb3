import type { IncomingHttpHeaders } from 'node:http';
import { abortMultipartUpload, createMultipartUpload } from './operations/create-multipart-upload.js';
import {
  deleteInventoryConfiguration,
  getInventoryConfiguration,
  putInventoryConfiguration,
} from './operations/inventory-configuration.js';
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './operations/access-control-lists.js';
import { deleteBucketEncryption, getBucketEncryption, putBucketEncryption } from './operations/bucket-encryption.js';
import {
  deleteBucketReplication,
  getBucketReplication,
  putBucketReplication,
} from './operations/bucket-replication.js';
import { bucketSettings } from './operations/bucket-settings.js';
import {
  getBucketNotificationConfiguration,
  putBucketNotificationConfiguration,
} from './operations/bucket-notification.js';
import { getBucketVersioning, putBucketVersioning } from './operations/bucket-versioning.js';
import { deleteBucketWebsite, getBucketWebsite, putBucketWebsite } from './operations/bucket-website.js';
import { createBucket, deleteBucket, headBucket, listBuckets } from './operations/buckets.js';
import { completeMultipartUpload } from './operations/complete-multipart-upload.js';
import { copyObject } from './operations/copy-object.js';
import { deleteObject, deleteObjects } from './operations/delete-objects.js';
import { getObjectAttributes } from './operations/get-object-attributes.js';
import { listObjectVersions } from './operations/list-object-versions.js';
import { listObjects, listObjectsV2 } from './operations/list-objects.js';
import { listMultipartUploads, listParts } from './operations/list-uploads.js';
import { getObjectLockConfiguration, putObjectLockConfiguration } from './operations/object-lock-configuration.js';
import {
  getObjectLegalHold,
  getObjectRetention,
  putObjectLegalHold,
  putObjectRetention,
} from './operations/object-retention.js';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './operations/object-tagging.js';
import { putBucketOwnershipControls } from './operations/ownership-controls.js';
import {
  deletePublicAccessBlock,
  getPublicAccessBlock,
  putPublicAccessBlock,
} from './operations/public-access-block.js';
import { putObject } from './operations/put-object.js';
import { getObject, headObject } from './operations/read-object.js';
import { restoreObject } from './operations/restore-object.js';
import { uploadPart, uploadPartCopy } from './operations/upload-part.js';
import type { Operation } from './s3-call.js';

/** Each operation under the name that AWS gives it. */
export const OPERATIONS = {
  AbortMultipartUpload: abortMultipartUpload,
  CompleteMultipartUpload: completeMultipartUpload,
  CopyObject: copyObject,
  CreateBucket: createBucket,
  CreateMultipartUpload: createMultipartUpload,
  DeleteBucket: deleteBucket,
  DeleteObject: deleteObject,
  DeleteBucketEncryption: deleteBucketEncryption,
  DeleteBucketInventoryConfiguration: deleteInventoryConfiguration,
  DeleteBucketReplication: deleteBucketReplication,
  GetBucketReplication: getBucketReplication,
  PutBucketReplication: putBucketReplication,
  DeleteObjectTagging: deleteObjectTagging,
  GetBucketInventoryConfiguration: getInventoryConfiguration,
  PutBucketInventoryConfiguration: putInventoryConfiguration,
  DeleteObjects: deleteObjects,
  GetBucketEncryption: getBucketEncryption,
  PutBucketEncryption: putBucketEncryption,
  DeleteBucketWebsite: deleteBucketWebsite,
  DeletePublicAccessBlock: deletePublicAccessBlock,
  GetBucketAcl: getBucketAcl,
  GetBucketNotificationConfiguration: getBucketNotificationConfiguration,
  GetBucketVersioning: getBucketVersioning,
  GetBucketWebsite: getBucketWebsite,
  GetPublicAccessBlock: getPublicAccessBlock,
  GetObject: getObject,
  GetObjectAcl: getObjectAcl,
  GetObjectAttributes: getObjectAttributes,
  GetObjectLegalHold: getObjectLegalHold,
  GetObjectLockConfiguration: getObjectLockConfiguration,
  GetObjectRetention: getObjectRetention,
  GetObjectTagging: getObjectTagging,
  HeadBucket: headBucket,
  HeadObject: headObject,
  ListBuckets: listBuckets,
  ListMultipartUploads: listMultipartUploads,
  ListObjectVersions: listObjectVersions,
  ListObjects: listObjects,
  ListObjectsV2: listObjectsV2,
  ListParts: listParts,
  PutBucketAcl: putBucketAcl,
  PutBucketOwnershipControls: putBucketOwnershipControls,
  PutBucketNotificationConfiguration: putBucketNotificationConfiguration,
  PutBucketVersioning: putBucketVersioning,
  PutBucketWebsite: putBucketWebsite,
  PutObject: putObject,
  PutObjectAcl: putObjectAcl,
  PutObjectLegalHold: putObjectLegalHold,
  PutObjectLockConfiguration: putObjectLockConfiguration,
  PutObjectRetention: putObjectRetention,
  PutObjectTagging: putObjectTagging,
  PutPublicAccessBlock: putPublicAccessBlock,
  RestoreObject: restoreObject,
  UploadPart: uploadPart,
  UploadPartCopy: uploadPartCopy,
  ...bucketSettings,
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** What a request asks for: an operation, or something that S3 has and this server has not, by its name. */
export type Route =
  | { kind: 'operation'; name: OperationName }
  | { kind: 'unsupported'; name: string }
  | { kind: 'methodNotAllowed' };

/** Told from the method, what the path names, the query and, for copies, a header: as S3's REST API is laid out. */
export function route(
  method: string,
  target: { bucketName: string; key: string },
  query: ReadonlyMap<string, string>,
  headers: IncomingHttpHeaders,
): Route {
  const level = target.bucketName === '' ? 'service' : target.key === '' ? 'bucket' : 'object';
  const copies = headers['x-amz-copy-source'] !== undefined;
  const found = ROUTES[level].find(
    (rule) =>
      rule.method === method && rule.needs.every((name) => query.has(name)) && (rule.copies ?? copies) === copies,
  );
  const understood = new Set([...(found?.needs ?? []), ...(found?.takes ?? [])]);
  for (const name of query.keys()) {
    if (SUBRESOURCES.has(name) && !understood.has(name))
      return { kind: 'unsupported', name: `${method} ${level}?${name}` };
  }
  if (found === undefined)
    return level === 'bucket' && method === 'POST'
      ? { kind: 'unsupported', name: 'PostObject' }
      : { kind: 'methodNotAllowed' };
  return { kind: 'operation', name: found.name };
}

interface Rule {
  method: string;
  /** Query parameters that make it this operation. */
  needs: readonly string[];
  /** With or without a copy source; undefined where it does not matter. */
  copies?: boolean;
  /** Further subresources that the operation understands. */
  takes?: readonly string[];
  name: OperationName;
}

const rule = (
  method: string,
  needs: readonly string[],
  name: OperationName,
  more: Pick<Rule, 'copies' | 'takes'> = {},
): Rule => ({ method, needs, name, ...more });

/** The first rule that fits, so the ones that need most come first. */
const ROUTES: Record<'service' | 'bucket' | 'object', readonly Rule[]> = {
  service: [rule('GET', [], 'ListBuckets')],
  bucket: [
    rule('GET', ['accelerate'], 'GetBucketAccelerateConfiguration'),
    rule('GET', ['acl'], 'GetBucketAcl'),
    rule('GET', ['cors'], 'GetBucketCors'),
    rule('GET', ['encryption'], 'GetBucketEncryption'),
    rule('GET', ['inventory', 'id'], 'GetBucketInventoryConfiguration'),
    rule('GET', ['lifecycle'], 'GetBucketLifecycleConfiguration'),
    rule('GET', ['location'], 'GetBucketLocation'),
    rule('GET', ['logging'], 'GetBucketLogging'),
    rule('GET', ['notification'], 'GetBucketNotificationConfiguration'),
    rule('GET', ['object-lock'], 'GetObjectLockConfiguration'),
    rule('GET', ['ownershipControls'], 'GetBucketOwnershipControls'),
    rule('GET', ['policy'], 'GetBucketPolicy'),
    rule('GET', ['policyStatus'], 'GetBucketPolicyStatus'),
    rule('GET', ['publicAccessBlock'], 'GetPublicAccessBlock'),
    rule('GET', ['replication'], 'GetBucketReplication'),
    rule('GET', ['requestPayment'], 'GetBucketRequestPayment'),
    rule('GET', ['tagging'], 'GetBucketTagging'),
    rule('GET', ['versioning'], 'GetBucketVersioning'),
    rule('GET', ['website'], 'GetBucketWebsite'),
    rule('GET', ['uploads'], 'ListMultipartUploads'),
    rule('GET', ['versions'], 'ListObjectVersions'),
    rule('GET', ['list-type'], 'ListObjectsV2'),
    rule('GET', [], 'ListObjects'),
    rule('HEAD', [], 'HeadBucket'),
    rule('POST', ['delete'], 'DeleteObjects'),
    rule('PUT', ['acl'], 'PutBucketAcl'),
    rule('PUT', ['encryption'], 'PutBucketEncryption'),
    rule('PUT', ['inventory', 'id'], 'PutBucketInventoryConfiguration'),
    rule('PUT', ['notification'], 'PutBucketNotificationConfiguration'),
    rule('PUT', ['versioning'], 'PutBucketVersioning'),
    rule('PUT', ['object-lock'], 'PutObjectLockConfiguration'),
    rule('PUT', ['ownershipControls'], 'PutBucketOwnershipControls'),
    rule('PUT', ['publicAccessBlock'], 'PutPublicAccessBlock'),
    rule('PUT', ['replication'], 'PutBucketReplication'),
    rule('PUT', ['website'], 'PutBucketWebsite'),
    rule('PUT', [], 'CreateBucket'),
    rule('DELETE', ['encryption'], 'DeleteBucketEncryption'),
    rule('DELETE', ['inventory', 'id'], 'DeleteBucketInventoryConfiguration'),
    rule('DELETE', ['publicAccessBlock'], 'DeletePublicAccessBlock'),
    rule('DELETE', ['replication'], 'DeleteBucketReplication'),
    rule('DELETE', ['website'], 'DeleteBucketWebsite'),
    rule('DELETE', [], 'DeleteBucket'),
  ],
  object: [
    rule('GET', ['uploadId'], 'ListParts'),
    rule('GET', ['acl'], 'GetObjectAcl'),
    rule('GET', ['attributes'], 'GetObjectAttributes'),
    rule('GET', ['legal-hold'], 'GetObjectLegalHold'),
    rule('GET', ['retention'], 'GetObjectRetention'),
    rule('GET', ['tagging'], 'GetObjectTagging'),
    rule('GET', [], 'GetObject', { takes: ['partNumber'] }),
    rule('HEAD', [], 'HeadObject', { takes: ['partNumber'] }),
    rule('PUT', ['partNumber', 'uploadId'], 'UploadPart', { copies: false }),
    rule('PUT', ['partNumber', 'uploadId'], 'UploadPartCopy', { copies: true }),
    rule('PUT', ['acl'], 'PutObjectAcl'),
    rule('PUT', ['legal-hold'], 'PutObjectLegalHold'),
    rule('PUT', ['retention'], 'PutObjectRetention'),
    rule('PUT', ['tagging'], 'PutObjectTagging'),
    rule('PUT', [], 'CopyObject', { copies: true }),
    rule('PUT', [], 'PutObject', { copies: false }),
    rule('POST', ['restore'], 'RestoreObject'),
    rule('POST', ['uploads'], 'CreateMultipartUpload'),
    rule('POST', ['uploadId'], 'CompleteMultipartUpload'),
    rule('DELETE', ['uploadId'], 'AbortMultipartUpload'),
    rule('DELETE', ['tagging'], 'DeleteObjectTagging'),
    rule('DELETE', [], 'DeleteObject'),
  ],
};

/** Query parameters that are part of what S3 is asked to do: where one is not understood, the request is refused. */
const SUBRESOURCES = new Set([
  'abac',
  'accelerate',
  'acl',
  'analytics',
  'append',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metadataConfiguration',
  'metadataInventoryTable',
  'metadataJournalTable',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
]);

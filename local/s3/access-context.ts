import type { IncomingHttpHeaders } from 'node:http';
import type { AwsCall } from '../access/aws-call.js';
import type { S3Access } from './access.js';
import type { OperationName } from './router.js';

/** What a request says of itself. */
export interface RequestSaid {
  operation: OperationName;
  query: ReadonlyMap<string, string>;
  headers: IncomingHttpHeaders;
}

/**
 * The condition keys of one thing that a request does. What the request does not say has no key: a listing without a
 * prefix, and the look-up whether a missing object may be told of, have no `s3:prefix`.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
 */
export function contextOf(
  { operation, query, headers }: RequestSaid,
  { action, versionId }: Pick<S3Access, 'action' | 'versionId'>,
  accountId: string,
): AwsCall['context'] {
  const context: Record<string, string> = {
    'aws:ResourceAccount': accountId,
    's3:ResourceAccount': accountId,
    's3:authType': headers.authorization === undefined ? 'REST-QUERY-STRING' : 'REST-HEADER',
    's3:signatureversion': 'AWS4-HMAC-SHA256',
  };
  for (const name of OF_QUERY[action] ?? []) {
    const value = query.get(name);
    if (value !== undefined) context[`s3:${name}`] = value;
  }
  if (versionId !== undefined && action.includes('ObjectVersion')) context['s3:VersionId'] = versionId;
  for (const name of OF_HEADERS[action] ?? []) {
    const value = headers[name];
    if (typeof value === 'string') context[`s3:${name}`] = value.replaceAll(/^"|"$/g, '');
  }
  for (const name of LOCKING.has(action) ? LOCK_HEADERS : []) {
    const value = headers[`x-amz-${name}`];
    if (typeof value === 'string') context[`s3:${name}`] = value;
  }
  if (action === 's3:PutObject') context['s3:ObjectCreationOperation'] = String(!PARTS.has(operation));
  return context;
}

/** They write, but no object comes of them yet. */
const PARTS: ReadonlySet<OperationName> = new Set(['CreateMultipartUpload', 'UploadPart', 'UploadPartCopy']);

/** As the headers of a write say them; what the bodies of PutObjectRetention and PutObjectLegalHold say is not known yet. */
const LOCK_HEADERS = ['object-lock-mode', 'object-lock-retain-until-date', 'object-lock-legal-hold'];
const LOCKING = new Set(['s3:PutObject', 's3:PutObjectRetention', 's3:PutObjectLegalHold']);

const LISTING = ['prefix', 'delimiter', 'max-keys'];
const OF_QUERY: Readonly<Record<string, readonly string[]>> = {
  's3:ListBucket': LISTING,
  's3:ListBucketVersions': LISTING,
};

const ACL_HEADERS = [
  'x-amz-acl',
  'x-amz-grant-full-control',
  'x-amz-grant-read',
  'x-amz-grant-read-acp',
  'x-amz-grant-write',
  'x-amz-grant-write-acp',
];

const OF_HEADERS: Readonly<Record<string, readonly string[]>> = {
  's3:CreateBucket': ['x-amz-acl', 'x-amz-object-ownership'],
  's3:DeleteObject': ['if-match'],
  's3:PutObject': [
    'if-match',
    'if-none-match',
    ...ACL_HEADERS,
    'x-amz-copy-source',
    'x-amz-metadata-directive',
    'x-amz-server-side-encryption',
    'x-amz-server-side-encryption-aws-kms-key-id',
    'x-amz-server-side-encryption-customer-algorithm',
    'x-amz-storage-class',
    'x-amz-website-redirect-location',
  ],
  's3:PutObjectAcl': ACL_HEADERS,
};

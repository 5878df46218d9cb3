import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectAclCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  UploadPartCommand,
  type ChecksumAlgorithm,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { withExpires } from '../../adapters/s3/expires-header.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { copyRow, type CopyTools } from '../../core/copy/copy-row.js';
import { Pace } from '../../core/copy/pace.js';
import { UNBOUNDED } from '../../core/fences/budget.js';
import { UploadRecords } from '../../core/copy/upload-records.js';
import type { BucketPair } from '../../core/ports.js';
import { rowOf, runOf } from '../core/support/rows.js';
import { at, inPlacePair, streamedPair, useStorage } from '../core/support/storage.js';

const storage = useStorage();
/** Both keep locks and ACLs; so do most that are copied to keep them. */
const FROM = 'kept-here';
const TO = 'kept-there';
const PART = 5 * 1024 ** 2;
const YEAR_MS = 365 * 86_400_000;
const THEIR_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0f4a6e3c-1111-4222-8333-944445555666';
const OUR_KEY = 'arn:aws:kms:eu-central-1:123456789012:key/0f4a6e3c-aaaa-4bbb-8ccc-9ddddeeeefff';
const SOMEBODY = 'b'.repeat(64);
const ALL_USERS = 'http://acs.amazonaws.com/groups/global/AllUsers';
const RETAIN_UNTIL = new Date(Math.ceil((Date.now() + YEAR_MS) / 1000) * 1000);

/** How an object is put, and by which call its bytes are then written. */
const METHODS = [
  { name: 'CopyObject', isInParts: false, pair: inPlace },
  { name: 'UploadPartCopy', isInParts: true, pair: inPlace },
  { name: 'PutObject', isInParts: false, pair: streamed },
  { name: 'UploadPart', isInParts: true, pair: streamed },
] as const;
type Method = (typeof METHODS)[number];

interface Attribute {
  name: string;
  /** What the source is put with. */
  put?: Partial<PutObjectCommandInput>;
  /** The header in words that the SDK has no type for. */
  expires?: string;
  request?: Partial<RunRequestInput>;
  /** What is to be the same of both; nothing where only `there` is looked at. */
  same?: (seen: Seen) => unknown;
  /** What is to be seen of the copy. */
  there?: (seen: Seen) => unknown;
  is?: unknown;
}

interface Seen extends HeadObjectCommandOutput {
  tags: Record<string, string>;
  /** `<permission> <grantee>`; the owner is called so. */
  grants: string[];
}

const ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const;

/** What one object may have all at once. */
const TOGETHER: (Attribute & Required<Pick<Attribute, 'same'>>)[] = [
  { name: 'content type', put: { ContentType: 'text/html; charset=utf-8' }, same: (seen) => seen.ContentType },
  { name: 'content encoding', put: { ContentEncoding: 'gzip' }, same: (seen) => seen.ContentEncoding },
  { name: 'language', put: { ContentLanguage: 'de, en' }, same: (seen) => seen.ContentLanguage },
  {
    name: 'disposition',
    put: { ContentDisposition: `attachment; filename="a b.txt"` },
    same: (seen) => seen.ContentDisposition,
  },
  { name: 'cache control', put: { CacheControl: 'max-age=60, public' }, same: (seen) => seen.CacheControl },
  { name: 'expiry', put: { Expires: new Date('2030-01-31T12:00:00Z') }, same: (seen) => seen.ExpiresString },
  {
    name: 'user metadata',
    put: { Metadata: { owner: 'ada', 'two-words': ' a  b', empty: '', note: '=?UTF-8?B?w6k=?=' } },
    same: (seen) => seen.Metadata,
  },
  { name: 'tags', put: { Tagging: 'kind=holiday&a%20b=c%2Bd%40%C3%A9&none=' }, same: (seen) => seen.tags },
  {
    name: 'a website redirect',
    put: { WebsiteRedirectLocation: '/else where' },
    same: (seen) => seen.WebsiteRedirectLocation,
  },
  { name: 'storage class', put: { StorageClass: 'STANDARD_IA' }, same: (seen) => seen.StorageClass },
];

const ALONE: Attribute[] = [
  { name: 'no content encoding', same: (seen) => seen.ContentEncoding ?? 'none', is: 'none' },
  { name: 'an expiry that is no date', expires: '0', same: (seen) => seen.ExpiresString, is: '0' },
  ...ALGORITHMS.map((algorithm) => ({
    name: `a checksum by ${algorithm}`,
    put: { ChecksumAlgorithm: algorithm },
    same: (seen: Seen) => (seen[`Checksum${algorithm}`] === undefined ? 'another' : algorithm),
    is: algorithm,
  })),
  {
    name: 'the storage class that the request names',
    put: { StorageClass: 'STANDARD_IA' },
    request: { destination: { bucket: TO, storageClass: 'GLACIER_IR' } },
    there: (seen) => seen.StorageClass,
    is: 'GLACIER_IR',
  },
  {
    name: 'the key of KMS and the bucket key that the request names',
    put: { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: THEIR_KEY },
    request: { destination: { bucket: TO, kmsKeyArn: OUR_KEY, bucketKeyEnabled: true } },
    there: ({ ServerSideEncryption, SSEKMSKeyId, BucketKeyEnabled }) => [
      ServerSideEncryption,
      SSEKMSKeyId,
      BucketKeyEnabled,
    ],
    is: ['aws:kms', OUR_KEY, true],
  },
  {
    name: 'the destination’s own encryption where the request names none',
    put: { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: THEIR_KEY },
    there: ({ ServerSideEncryption }) => ServerSideEncryption,
    is: 'AES256',
  },
  {
    name: 'the ACL of the source, where that is asked for',
    put: { GrantRead: `uri="${ALL_USERS}"`, GrantFullControl: `id="${SOMEBODY}"` },
    request: { acl: 'copy' },
    same: (seen) => seen.grants,
    is: [`FULL_CONTROL ${SOMEBODY}`, `READ ${ALL_USERS}`],
  },
  {
    name: 'full control for the owner of the bucket, where that is asked for',
    put: { GrantRead: `uri="${ALL_USERS}"` },
    request: { acl: 'bucket-owner-full-control' },
    there: (seen) => seen.grants,
    is: ['FULL_CONTROL owner'],
  },
  {
    name: 'no ACL of the source, where none is asked for',
    put: { GrantRead: `uri="${ALL_USERS}"`, GrantFullControl: `id="${SOMEBODY}"` },
    there: (seen) => seen.grants,
    is: ['FULL_CONTROL owner'],
  },
  {
    name: 'retention and legal hold, where they are asked for',
    put: { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: RETAIN_UNTIL, ObjectLockLegalHoldStatus: 'ON' },
    request: { objectLock: 'copy' },
    same: heldBy,
    is: ['COMPLIANCE', RETAIN_UNTIL, 'ON'],
  },
  {
    name: 'a legal hold alone',
    put: { ObjectLockLegalHoldStatus: 'ON' },
    request: { objectLock: 'copy' },
    same: heldBy,
    is: [undefined, undefined, 'ON'],
  },
  {
    name: 'no lock, where none is asked for',
    put: { ObjectLockMode: 'GOVERNANCE', ObjectLockRetainUntilDate: RETAIN_UNTIL },
    there: heldBy,
    is: [undefined, undefined, undefined],
  },
];

beforeAll(async () => {
  const { s3, client } = storage();
  for (const bucket of [FROM, TO])
    s3.createBucket(bucket, { objectLock: true, ownership: 'ObjectWriter', blockPublicAccess: false });
  for (const arn of [THEIR_KEY, OUR_KEY]) s3.kms.add({ arn });
  const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' } };
  await client.send(new PutBucketWebsiteCommand({ Bucket: FROM, WebsiteConfiguration }));
});

describe.each(METHODS)('An object that is written by $name has', (method) => {
  let all: Promise<[Seen, Seen]> | undefined;
  it.each(TOGETHER)('$name', async ({ same }) => {
    all ??= copied(method, { name: 'all', put: Object.assign({}, ...TOGETHER.map(({ put }) => put)) });
    const [source, copy] = await all;
    expect(same(copy)).toBeDefined();
    expect(same(copy)).toEqual(same(source));
  });

  it.each(ALONE)('$name', async (attribute) => {
    const { same, there, is } = attribute;
    const [source, copy] = await copied(method, attribute);
    if (same) expect(same(copy)).toEqual(same(source));
    expect((same ?? there)?.(copy)).toEqual(is);
  });
});

describe.each(METHODS.filter(({ pair }) => pair === streamed))('The bytes that are written by $name', (method) => {
  it.each(ALGORITHMS)('have the very checksum of their source: %s', async (algorithm) => {
    const key = `value of ${algorithm}`;
    const [source, copy] = await copied(method, { name: key, put: { ChecksumAlgorithm: algorithm } });
    expect(copy[`Checksum${algorithm}`]).toBe(source[`Checksum${algorithm}`]);
    expect(copy.ChecksumType).toBe(source.ChecksumType);
  });
});

function inPlace(): BucketPair {
  return inPlacePair(storage().client, at(FROM), at(TO));
}

function streamed(): BucketPair {
  const { client } = storage();
  return streamedPair({ source: client, destination: client }, at(FROM), at(TO));
}

/** Puts an object and copies it by that method and no other. Answers what is seen of both. */
async function copied(
  method: Method,
  { name, put = {}, expires, request }: Pick<Attribute, 'name' | 'put' | 'expires' | 'request'>,
): Promise<[source: Seen, copy: Seen]> {
  const key = `${method.name}/${name}`;
  await (method.isInParts ? putInParts : putWhole)(key, put, expires);
  const before = callsOf(method);
  await copy(method, key, request);
  expect(callsOf(method)).toBeGreaterThan(before);
  const [source, there] = await Promise.all([see(FROM, key), see(TO, key)]);
  expect(there.ContentLength).toBe(source.ContentLength);
  if ([source, there].every(({ ServerSideEncryption }) => ServerSideEncryption === 'AES256'))
    expect(there.ETag).toBe(source.ETag);
  return [source, there];
}

async function copy({ pair }: Method, key: string, request: Partial<RunRequestInput> = {}): Promise<void> {
  const { client, ports } = storage();
  const {
    ContentLength: size = 0,
    ETag = '',
    StorageClass,
    ServerSideEncryption,
  } = await client.send(new HeadObjectCommand({ Bucket: FROM, Key: key }));
  const sides = pair();
  const buckets = { source: { bucket: FROM }, destination: { bucket: TO } };
  const tools: CopyTools = {
    pair: sides,
    pace: new Pace(ports),
    run: runOf('parity', { ...buckets, ...request }, { isInPlace: sides.isInPlace, sourceIsWebsite: true }),
    proofOf: () => Promise.resolve('none'),
    uploads: new UploadRecords(ports.work, 'runs/parity/uploads/', runOf('parity')),
    budget: UNBOUNDED,
    isLate: () => false,
    now: () => ports.clock.now(),
  };
  const row = rowOf(key, {
    size,
    etag: ETag.replaceAll('"', ''),
    storageClass: StorageClass ?? 'STANDARD',
    encryption: ServerSideEncryption === 'aws:kms' ? 'SSE-KMS' : 'SSE-S3',
  });
  const attempt = await copyRow(tools, { row, index: 0, destinationKey: key, listed: undefined });
  expect(attempt).toMatchObject({ kind: 'sent', size });
}

async function putWhole(key: string, put: Partial<PutObjectCommandInput>, expires?: string): Promise<void> {
  const command = new PutObjectCommand({ Bucket: FROM, Key: key, Body: `of ${key}`, ...put });
  await storage().client.send(withExpires(command, expires));
}

/** A part of the least size, and a short one. */
async function putInParts(key: string, put: Partial<PutObjectCommandInput>, expires?: string): Promise<void> {
  const { client } = storage();
  const place = { Bucket: FROM, Key: key };
  const ChecksumAlgorithm: ChecksumAlgorithm = put.ChecksumAlgorithm ?? 'CRC32';
  const begin = new CreateMultipartUploadCommand({ ...place, ...put, ChecksumAlgorithm });
  const { UploadId } = await client.send(withExpires(begin, expires));
  const Parts = [];
  for (const [index, Body] of [Buffer.alloc(PART, key), Buffer.from(`of ${key}`)].entries()) {
    const PartNumber = index + 1;
    const { ETag, ...sums } = await client.send(
      new UploadPartCommand({ ...place, UploadId, PartNumber, Body, ChecksumAlgorithm }),
    );
    const sum = `Checksum${ChecksumAlgorithm}` as keyof typeof sums;
    Parts.push({ PartNumber, ETag, [sum]: sums[sum] });
  }
  await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
}

async function see(Bucket: string, Key: string): Promise<Seen> {
  const { client } = storage();
  const [head, { TagSet = [] }, { Grants = [], Owner }] = await Promise.all([
    client.send(new HeadObjectCommand({ Bucket, Key, ChecksumMode: 'ENABLED' })),
    client.send(new GetObjectTaggingCommand({ Bucket, Key })),
    client.send(new GetObjectAclCommand({ Bucket, Key })),
  ]);
  return {
    ...head,
    tags: Object.fromEntries(TagSet.map(({ Key: name = '', Value = '' }) => [name, Value])),
    grants: Grants.map(({ Grantee, Permission }) => {
      const who = Grantee?.ID ?? Grantee?.URI;
      return `${Permission} ${who === Owner?.ID ? 'owner' : who}`;
    }).toSorted(),
  };
}

function heldBy({ ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus }: Seen): unknown[] {
  return [ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus];
}

function callsOf({ name }: Method): number {
  return storage().s3.requests.count({ operation: name, bucket: TO });
}

import {
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type ServerSideEncryptionRule,
} from '@aws-sdk/client-s3';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { REGION, copySource, refusal, useS3 } from './support/server.js';

const server = useS3();
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;
let run = 0;
let Bucket = '';
let arn = '';
beforeEach(() => {
  run += 1;
  Bucket = `defaults-${run}`;
  server().s3.createBucket(Bucket);
  arn = server().s3.kms.add();
});

const configure = (...Rules: ServerSideEncryptionRule[]) =>
  send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
const rules = async () =>
  (await send(new GetBucketEncryptionCommand({ Bucket }))).ServerSideEncryptionConfiguration?.Rules;
const kms = (KMSMasterKeyID?: string) => ({ SSEAlgorithm: 'aws:kms' as const, KMSMasterKeyID });
const put = (Key: string, more: object = {}) => send(new PutObjectCommand({ Bucket, Key, Body: 'x', ...more }));

describe('A bucket’s default encryption', () => {
  it('is set, read and taken back, and is SSE-S3 where nobody set it', async () => {
    const usual = [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' }, BucketKeyEnabled: false }];
    expect(await rules()).toEqual(usual);
    const rule = { ApplyServerSideEncryptionByDefault: kms(arn), BucketKeyEnabled: true };
    await configure(rule);
    expect(await rules()).toEqual([rule]);
    await send(new DeleteBucketEncryptionCommand({ Bucket }));
    await send(new DeleteBucketEncryptionCommand({ Bucket }));
    expect(await rules()).toEqual(usual);
  });

  it('is that of all writes that name none, copies too, and of none that were there before', async () => {
    await put('before');
    await configure({ ApplyServerSideEncryptionByDefault: kms(arn), BucketKeyEnabled: true });
    const said = { ServerSideEncryption: 'aws:kms', SSEKMSKeyId: arn, BucketKeyEnabled: true };
    expect(await put('k')).toMatchObject(said);
    expect(await send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }))).toMatchObject(said);
    const copied = new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: copySource(Bucket, 'before') });
    expect(await send(copied)).toMatchObject(said);
    expect(await send(new HeadObjectCommand({ Bucket, Key: 'before' }))).toMatchObject({
      ServerSideEncryption: 'AES256',
    });
    server().s3.putObject(Bucket, 'inside', Buffer.from('x'));
    expect(server().s3.getObject(Bucket, 'inside')?.encryption).toEqual({
      kind: 'SSE-KMS',
      keyArn: arn,
      bucketKey: true,
    });
  });

  it('gives way to what a write names, but for the bucket key', async () => {
    await configure({ ApplyServerSideEncryptionByDefault: kms(arn), BucketKeyEnabled: true });
    expect(await put('k', { ServerSideEncryption: 'AES256' })).toMatchObject({ ServerSideEncryption: 'AES256' });
    const managed = await put('k', { ServerSideEncryption: 'aws:kms' });
    expect(managed.SSEKMSKeyId).not.toBe(arn);
    expect(managed.BucketKeyEnabled).toBe(true);
    expect((await put('k', { BucketKeyEnabled: false })).BucketKeyEnabled).toBeUndefined();
  });

  it('may name a key that there is not, which is seen when something is written', async () => {
    await configure({ ApplyServerSideEncryptionByDefault: kms('aws/s3') });
    expect(await refusal(put('k'))).toMatchObject({
      name: 'KMS.NotFoundException',
      status: 400,
      message: "Invalid keyId 'aws/s3'",
    });
  });

  it('is one rule, with a key only under KMS', async () => {
    const rule = { ApplyServerSideEncryptionByDefault: kms() };
    expect(await refusal(configure(rule, rule))).toMatchObject({ name: 'MalformedXML', status: 400 });
    const mixed = { SSEAlgorithm: 'AES256' as const, KMSMasterKeyID: arn };
    expect(await refusal(configure({ ApplyServerSideEncryptionByDefault: mixed }))).toMatchObject({
      name: 'InvalidArgument',
      message: 'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
    });
  });

  it('may block customers’ keys', async () => {
    await configure({ BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } });
    await configure({ ApplyServerSideEncryptionByDefault: kms(arn) });
    expect(await rules()).toMatchObject([{ BlockedEncryptionTypes: { EncryptionType: ['SSE-C'] } }]);
    const key = { SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'x'.repeat(32) };
    expect(await refusal(put('k', key))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
      message: expect.stringContaining('this bucket has blocked upload requests'),
    });
  });
});

describe('In process', () => {
  it('objects of every encryption lie side by side, and their inventory says so', () => {
    const { s3 } = server();
    const kinds = ['DSSE-KMS', 'NOT-SSE', 'SSE-C', 'SSE-KMS', 'SSE-S3'] as const;
    for (const kind of kinds) s3.putObject(Bucket, kind, Buffer.from('x'), { encryption: { kind, bucketKey: true } });
    s3.putObject(Bucket, 'parts', Buffer.from('xy'), { multipartParts: 2, encryption: { kind: 'SSE-KMS' } });
    expect(s3.getObject(Bucket, 'parts')?.etag).toMatch(/^[0-9a-f]{32}-2$/);
    s3.createBucket('inventories');
    const { dataKeys } = s3.deliverInventory({
      bucket: Bucket,
      destinationBucket: 'inventories',
      configId: 'all',
      fields: ['EncryptionStatus', 'BucketKeyStatus'],
    });
    const file = s3.getObject('inventories', dataKeys[0] ?? '')?.body ?? Buffer.alloc(0);
    const rows: string[][] = parse(gunzipSync(file));
    expect(rows.map((row) => row.slice(2))).toEqual([
      ['DSSE-KMS', 'DISABLED'],
      ['NOT-SSE', 'DISABLED'],
      ['SSE-C', 'DISABLED'],
      ['SSE-KMS', 'ENABLED'],
      ['SSE-S3', 'DISABLED'],
      ['SSE-KMS', 'DISABLED'],
    ]);
  });

  it('a bucket’s default is set too', async () => {
    server().s3.setBucketEncryption(Bucket, { kind: 'DSSE-KMS', keyArn: arn });
    expect(await put('k')).toMatchObject({ ServerSideEncryption: 'aws:kms:dsse', SSEKMSKeyId: arn });
  });
});

describe('A bucket of another account', () => {
  it('belongs to whom it was made for', async () => {
    server().s3.createBucket('theirs', { account: '210987654321' });
    const look = (ExpectedBucketOwner: string) =>
      send(new HeadBucketCommand({ Bucket: 'theirs', ExpectedBucketOwner }));
    await look('210987654321');
    expect(await refusal(look('123456789012'))).toMatchObject({ status: 403 });
    expect((await send(new ListBucketsCommand({ Prefix: 'theirs' }))).Buckets).toEqual([]);
    const CreateBucketConfiguration = { LocationConstraint: REGION } as never;
    const again = send(new CreateBucketCommand({ Bucket: 'theirs', CreateBucketConfiguration }));
    expect(await refusal(again)).toMatchObject({ name: 'BucketAlreadyExists', status: 409 });
  });
});

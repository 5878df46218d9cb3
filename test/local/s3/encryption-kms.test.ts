import { createHash } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAttributesCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { Identities } from '../../../local/access/identities.js';
import { KEY, REGION, copySource, refusal, useS3 } from './support/server.js';

const ROLE = 'arn:aws:iam::123456789012:role/reader';
const identities = new Identities(KEY);
const roleKey = { accessKeyId: 'AKIDROLE', secretAccessKey: 'role-secret' };
identities.add({ ...roleKey, principalArn: ROLE });
const denied = new Set<string>();
const told: AwsCall[] = [];
const server = useS3({
  credentials: identities,
  access: { permits: ({ action }) => !denied.has(action), onCall: (call) => void told.push(call) },
});

const Bucket = 'sealed';
const ServerSideEncryption = 'aws:kms' as const;
let arn = '';
let send: ReturnType<typeof server>['client']['send'];

beforeEach(() => {
  const { s3 } = server();
  const client = server().clientWith({ credentials: roleKey });
  send = ((command: never) => client.send(command)) as never;
  s3.createBucket(Bucket);
  s3.setBucketEncryption(Bucket, undefined);
  arn = s3.kms.add();
  denied.clear();
  told.length = 0;
});

const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const put = (Key: string, more: object = {}) =>
  send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ServerSideEncryption, SSEKMSKeyId: arn, ...more }));
const get = (Key: string, more: object = {}) => send(new GetObjectCommand({ Bucket, Key, ...more }));
const head = (Key: string, more: object = {}) => send(new HeadObjectCommand({ Bucket, Key, ...more }));
const copy = (source: string, Key: string, more: object = {}) =>
  send(new CopyObjectCommand({ Bucket, Key, CopySource: copySource(Bucket, source), ...more }));
const keyCalls = () => told.filter(({ action }) => action.startsWith('kms:')).map(({ action }) => action);

describe('An object under a key of KMS', () => {
  it('says so when it is written, read and looked at', async () => {
    const said = { ServerSideEncryption, SSEKMSKeyId: arn };
    expect(await put('k')).toMatchObject(said);
    const read = await get('k');
    expect(read).toMatchObject(said);
    expect(read.BucketKeyEnabled).toBeUndefined();
    expect(await read.Body?.transformToString()).toBe('hello');
    expect(await head('k')).toMatchObject(said);
    expect(await put('k', { BucketKeyEnabled: true })).toMatchObject({ ...said, BucketKeyEnabled: true });
    expect(await head('k')).toMatchObject({ ...said, BucketKeyEnabled: true });
  });

  it('may be in two layers, without a bucket key', async () => {
    const ServerSideEncryption = 'aws:kms:dsse';
    await put('k', { ServerSideEncryption });
    expect(await head('k')).toMatchObject({ ServerSideEncryption, SSEKMSKeyId: arn });
    expect(await refusal(put('k', { ServerSideEncryption, BucketKeyEnabled: true }))).toMatchObject({ status: 400 });
  });

  it('has an ETag that looks like an MD5, is none, and is another one each time', async () => {
    const etags = [await put('k'), await put('k'), await put('k', { ServerSideEncryption: 'aws:kms:dsse' })];
    const values = etags.map(({ ETag = '' }) => ETag.replaceAll('"', ''));
    for (const value of values) expect(value).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set([...values, md5('hello')]).size).toBe(4);
  });

  it('has the checksums of its bytes as ever', async () => {
    const { ChecksumCRC32 } = await put('k', { ChecksumAlgorithm: 'CRC32' });
    expect((await head('k', { ChecksumMode: 'ENABLED' })).ChecksumCRC32).toBe(ChecksumCRC32);
    const attributes = await send(
      new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: ['Checksum', 'ETag'] }),
    );
    expect(attributes.Checksum?.ChecksumCRC32).toBe(ChecksumCRC32);
  });

  it('has the account’s managed key where none is named', async () => {
    const { SSEKMSKeyId } = await put('k', { SSEKMSKeyId: undefined });
    expect(SSEKMSKeyId).toMatch(new RegExp(`^arn:aws:kms:${REGION}:123456789012:key/[0-9a-f-]{36}$`));
    expect((await put('l', { SSEKMSKeyId: 'alias/aws/s3' })).SSEKMSKeyId).toBe(SSEKMSKeyId);
  });

  it('is named by id, alias or ARN, and answers with the ARN', async () => {
    const id = arn.split('/')[1];
    server().s3.kms.add({ arn, alias: 'alias/mine' });
    for (const SSEKMSKeyId of [id, 'alias/mine', arn.replace(/key\/.*/, 'alias/mine'), arn])
      expect((await put('k', { SSEKMSKeyId })).SSEKMSKeyId).toBe(arn);
  });

  it('gives a context back to whoever writes, and keeps it from readers', async () => {
    const SSEKMSEncryptionContext = Buffer.from('{"team":"blue"}').toString('base64');
    expect(await put('k', { SSEKMSEncryptionContext })).toMatchObject({ SSEKMSEncryptionContext });
    expect(Object.keys(await head('k'))).not.toContain('SSEKMSEncryptionContext');
    expect(told.find(({ action }) => action === 'kms:GenerateDataKey')?.context).toMatchObject({
      'kms:EncryptionContext:team': 'blue',
      'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::sealed/k',
    });
    const broken = { SSEKMSEncryptionContext: Buffer.from('{"team":1}').toString('base64') };
    expect(await refusal(put('k', broken))).toMatchObject({ name: 'InvalidArgument' });
  });
});

describe('A copy', () => {
  it('has its own encryption, never its source’s', async () => {
    await put('k');
    const plain = await copy('k', 'plain');
    expect(plain).toMatchObject({ ServerSideEncryption: 'AES256', CopyObjectResult: { ETag: `"${md5('hello')}"` } });
    const sealed = await copy('plain', 'sealed', { ServerSideEncryption, SSEKMSKeyId: arn, BucketKeyEnabled: true });
    expect(sealed).toMatchObject({ ServerSideEncryption, SSEKMSKeyId: arn, BucketKeyEnabled: true });
    expect(sealed.CopyObjectResult?.ETag).toMatch(/^"[0-9a-f]{32}"$/);
    expect(sealed.CopyObjectResult?.ETag).not.toBe(plain.CopyObjectResult?.ETag);
    expect(sealed.CopyObjectResult?.ChecksumCRC32).toBe(plain.CopyObjectResult?.ChecksumCRC32);
  });

  it('onto itself is one where it changes the encryption', async () => {
    await put('k');
    expect(await copy('k', 'k')).toMatchObject({ ServerSideEncryption: 'AES256' });
    expect(await refusal(copy('k', 'k'))).toMatchObject({ name: 'InvalidRequest' });
  });
});

describe('A multipart upload', () => {
  it('gives its encryption to its parts and its object, with opaque ETags', async () => {
    const said = { ServerSideEncryption, SSEKMSKeyId: arn, BucketKeyEnabled: true };
    const begun = await send(new CreateMultipartUploadCommand({ Bucket, Key: 'm', ...said }));
    expect(begun).toMatchObject(said);
    const upload = { Bucket, Key: 'm', UploadId: begun.UploadId };
    server().s3.putObject(Bucket, 'source', Buffer.alloc(5 * 1024 * 1024));
    const CopySource = copySource(Bucket, 'source');
    const one = await send(new UploadPartCopyCommand({ ...upload, PartNumber: 1, CopySource }));
    expect(one).toMatchObject(said);
    expect(one.CopyPartResult?.ETag).not.toBe(`"${server().s3.getObject(Bucket, 'source')?.etag}"`);
    const two = await send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'hello' }));
    expect(two).toMatchObject(said);
    expect(two.ETag).not.toBe(`"${md5('hello')}"`);
    const Parts = [one.CopyPartResult, two].map((part, index) => ({ PartNumber: index + 1, ETag: part?.ETag }));
    const done = await send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    expect(done).toMatchObject({ ...said, ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) });
    expect(await head('m')).toMatchObject({ ...said, ETag: done.ETag });
    expect(keyCalls()).toEqual(['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Decrypt', 'kms:Decrypt']);
  });

  it('copies a part of a sealed source under the MD5 where it is not sealed itself', async () => {
    await put('k');
    const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }));
    const CopySource = copySource(Bucket, 'k');
    const part = await send(new UploadPartCopyCommand({ Bucket, Key: 'm', UploadId, PartNumber: 1, CopySource }));
    expect(part.CopyPartResult?.ETag).toBe(`"${md5('hello')}"`);
  });
});

describe('A key that cannot be used', () => {
  const elsewhere = () => server().s3.kms.add({ region: 'us-west-2' });
  const missing = `arn:aws:kms:${REGION}:123456789012:key/134f2428-cec1-4b25-a1ae-9048164dba47`;

  it('is refused to whoever writes, in KMS’s words', async () => {
    const wordings: [string, string][] = [
      ['fake-key-id', "Invalid keyId 'fake-key-id'"],
      [missing, `Key '${missing}' does not exist`],
      ['134f2428-cec1-4b25-a1ae-9048164dba47', `Key '${missing}' does not exist`],
      ['alias/none', `Alias arn:aws:kms:${REGION}:123456789012:alias/none is not found.`],
      [elsewhere(), 'Invalid arn us-west-2'],
    ];
    server().s3.putObject(Bucket, 'source', Buffer.from('x'));
    for (const [SSEKMSKeyId, message] of wordings) {
      const expected = { name: 'KMS.NotFoundException', status: 400, message };
      const encryption = { ServerSideEncryption, SSEKMSKeyId };
      expect(await refusal(put('k', encryption))).toMatchObject(expected);
      expect(await refusal(copy('source', 'k', encryption))).toMatchObject(expected);
      const begin = send(new CreateMultipartUploadCommand({ Bucket, Key: 'k', ...encryption }));
      expect(await refusal(begin)).toMatchObject(expected);
    }
  });

  it('is refused to whoever reads, while HEAD tells of the object', async () => {
    await put('k');
    const { kms } = server().s3;
    kms.disable(arn);
    const disabled = { name: 'KMS.DisabledException', status: 400, message: `${arn} is disabled.` };
    for (const call of [get('k'), copy('k', 'c'), put('new')]) expect(await refusal(call)).toMatchObject(disabled);
    expect(await head('k')).toMatchObject({ SSEKMSKeyId: arn });
    expect(await refusal(head('k', { ChecksumMode: 'ENABLED' }))).toMatchObject({ status: 400 });
    kms.scheduleDeletion(arn);
    expect(await refusal(get('k'))).toMatchObject({
      name: 'KMS.KMSInvalidStateException',
      status: 400,
      message: `${arn} is pending deletion.`,
    });
    kms.enable(arn);
    await get('k');
    kms.delete(arn);
    expect(await refusal(get('k'))).toMatchObject({
      name: 'KMS.NotFoundException',
      status: 400,
      message: `Key '${arn}' does not exist`,
    });
  });

  it('is that of an object which was put in process too', async () => {
    const { s3 } = server();
    s3.putObject(Bucket, 'k', Buffer.from('x'), { encryption: { kind: 'SSE-KMS', keyArn: missing } });
    expect(await refusal(get('k'))).toMatchObject({ name: 'KMS.NotFoundException' });
    s3.putObject(Bucket, 'k', Buffer.from('x'), { encryption: { kind: 'SSE-KMS', keyArn: elsewhere() } });
    expect(await refusal(copy('k', 'c'))).toMatchObject({
      name: 'KMS.NotFoundException',
      message: 'Invalid arn us-west-2',
    });
  });
});

describe('Whoever may not use the key', () => {
  const words = (action: string) =>
    `User: arn:aws:sts::123456789012:assumed-role/reader/embedded is not authorized to perform: ${action} on resource: ${arn} because no identity-based policy allows the ${action} action`;

  it('may not read, nor copy, nor see the checksum', async () => {
    await put('k');
    denied.add('kms:Decrypt');
    const part = async () => {
      const { UploadId } = await send(new CreateMultipartUploadCommand({ Bucket, Key: 'm' }));
      const CopySource = copySource(Bucket, 'k');
      return send(new UploadPartCopyCommand({ Bucket, Key: 'm', UploadId, PartNumber: 1, CopySource }));
    };
    for (const call of [get('k'), copy('k', 'c'), part()])
      expect(await refusal(call)).toMatchObject({ name: 'AccessDenied', status: 403, message: words('kms:Decrypt') });
    expect(await refusal(head('k', { ChecksumMode: 'ENABLED' }))).toMatchObject({ status: 403 });
    expect(await head('k')).toMatchObject({ SSEKMSKeyId: arn });
    // The account’s root may.
    await server().client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
  });

  it('may not write, nor begin an upload', async () => {
    denied.add('kms:GenerateDataKey');
    const expected = { name: 'AccessDenied', status: 403, message: words('kms:GenerateDataKey') };
    expect(await refusal(put('denied'))).toMatchObject(expected);
    const begin = new CreateMultipartUploadCommand({ Bucket, Key: 'denied', ServerSideEncryption, SSEKMSKeyId: arn });
    expect(await refusal(send(begin))).toMatchObject(expected);
    server().s3.putObject(Bucket, 'source', Buffer.from('x'));
    const sealed = copy('source', 'denied', { ServerSideEncryption, SSEKMSKeyId: arn });
    expect(await refusal(sealed)).toMatchObject(expected);
    expect(server().s3.getObject(Bucket, 'denied')).toBeUndefined();
  });

  it('is asked about by the key’s ARN, through S3, for the object or its bucket', async () => {
    await put('k');
    await copy('k', 'c', { ServerSideEncryption, SSEKMSKeyId: arn, BucketKeyEnabled: true });
    const asked = told.filter(({ resource }) => resource === arn);
    expect(asked.map(({ principal, action }) => [principal, action])).toEqual([
      [ROLE, 'kms:GenerateDataKey'],
      [ROLE, 'kms:Decrypt'],
      [ROLE, 'kms:GenerateDataKey'],
    ]);
    expect(asked[1]?.context).toEqual({
      'aws:ResourceAccount': '123456789012',
      'kms:CallerAccount': '123456789012',
      'kms:ViaService': `s3.${REGION}.amazonaws.com`,
      'kms:EncryptionContextKeys': ['aws:s3:arn'],
      'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::sealed/k',
    });
    expect(asked[2]?.context).toMatchObject({ 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::sealed' });
  });
});

describe('The managed key', () => {
  it('is for its own account alone', async () => {
    const theirs = { accessKeyId: 'AKIDTHEIRS', secretAccessKey: 'their-secret' };
    identities.add({ ...theirs, principalArn: 'arn:aws:iam::210987654321:user/eve' });
    const { SSEKMSKeyId } = await put('k', { SSEKMSKeyId: undefined });
    const client = server().clientWith({ credentials: theirs });
    expect(await refusal(client.send(new GetObjectCommand({ Bucket, Key: 'k' })))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
      message: expect.stringContaining('because no resource-based policy allows the kms:Decrypt action'),
    });
    const Key = 'theirs';
    const written = await client.send(new PutObjectCommand({ Bucket, Key, Body: 'x', ServerSideEncryption }));
    expect(written.SSEKMSKeyId).toBe(SSEKMSKeyId?.replace('123456789012', '210987654321'));
  });
});

describe('Headers that S3 does not take', () => {
  it.each([
    [{ ServerSideEncryption: 'rot13' }, 'The encryption method specified is not supported'],
    [
      { ServerSideEncryption: 'AES256' },
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
    ],
  ])('of a write: %j', async (more, message) => {
    expect(await refusal(put('k', more))).toMatchObject({ name: 'InvalidArgument', status: 400, message });
  });

  it('of a read', async () => {
    await put('k');
    const headers = { 'x-amz-server-side-encryption': 'aws:kms', 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
    const answer = await server().sendSigned({ path: `/${Bucket}/k`, headers });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('<Code>InvalidArgument</Code>')]);
  });
});

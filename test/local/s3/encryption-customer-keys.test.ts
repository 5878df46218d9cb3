import { createHash, randomBytes } from 'node:crypto';
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
import { copySource, refusal, useS3 } from './support/server.js';

const server = useS3();
const send: ReturnType<typeof server>['client']['send'] = ((command: never) => server().client.send(command)) as never;
const Bucket = 'customers';
beforeEach(() => server().s3.createBucket(Bucket));

const key = randomBytes(32);
const text = (bytes: Buffer) => bytes.toString('base64');
const md5Of = (bytes: Buffer) => createHash('md5').update(bytes).digest('base64');
const headersOf = (bytes: Buffer) => ({
  SSECustomerAlgorithm: 'AES256',
  SSECustomerKey: text(bytes),
  SSECustomerKeyMD5: md5Of(bytes),
});
const sourceHeadersOf = (bytes: Buffer) => ({
  CopySourceSSECustomerAlgorithm: 'AES256',
  CopySourceSSECustomerKey: text(bytes),
  CopySourceSSECustomerKeyMD5: md5Of(bytes),
});
const mine = headersOf(key);
const other = headersOf(randomBytes(32));
const confirmed = { SSECustomerAlgorithm: 'AES256', SSECustomerKeyMD5: mine.SSECustomerKeyMD5 };

const put = (Key: string, more: object = mine) => send(new PutObjectCommand({ Bucket, Key, Body: 'hello', ...more }));
const get = (Key: string, more: object = mine) => send(new GetObjectCommand({ Bucket, Key, ...more }));
const head = (Key: string, more: object = mine) => send(new HeadObjectCommand({ Bucket, Key, ...more }));
const copy = (Key: string, more: object) =>
  send(new CopyObjectCommand({ Bucket, Key, CopySource: copySource(Bucket, 'k'), ...more }));

const WITHOUT_KEY = {
  name: 'InvalidRequest',
  status: 400,
  message:
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
};
const WRONG_KEY = {
  name: 'AccessDenied',
  status: 403,
  message:
    'Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.',
};

describe('An object under a customer’s key', () => {
  it('is read with that key, which answers confirm by its MD5 alone', async () => {
    const written = await put('k');
    expect(written).toMatchObject(confirmed);
    expect(written.ServerSideEncryption).toBeUndefined();
    expect(written.ETag).not.toBe(`"${createHash('md5').update('hello').digest('hex')}"`);
    const read = await get('k');
    expect(read).toMatchObject({ ...confirmed, ETag: written.ETag });
    expect(await read.Body?.transformToString()).toBe('hello');
    expect(await head('k', { ...mine, ChecksumMode: 'ENABLED' })).toMatchObject({
      ...confirmed,
      ChecksumCRC32: written.ChecksumCRC32,
    });
    const { encryption } = server().s3.getObject(Bucket, 'k') ?? {};
    expect(encryption).toEqual({ kind: 'SSE-C', keyMd5: mine.SSECustomerKeyMD5 });
  });

  it('is refused to whoever has no key, or another one', async () => {
    await put('k');
    const attributes = new GetObjectAttributesCommand({ Bucket, Key: 'k', ObjectAttributes: ['ETag'] });
    for (const call of [get('k', {}), send(attributes), copy('c', {})])
      expect(await refusal(call)).toMatchObject(WITHOUT_KEY);
    expect(await refusal(head('k', {}))).toMatchObject({ status: 400, name: 'Unknown' });
    expect(await refusal(get('k', other))).toMatchObject(WRONG_KEY);
    expect(await refusal(copy('c', sourceHeadersOf(randomBytes(32))))).toMatchObject(WRONG_KEY);
    expect(await refusal(head('k', other))).toMatchObject({ status: 403 });
  });

  it('that was put in process is as closed, under a key that nobody knows or one that is given', async () => {
    const { s3 } = server();
    s3.putObject(Bucket, 'k', Buffer.from('x'), { encryption: { kind: 'SSE-C' } });
    expect(await refusal(get('k', {}))).toMatchObject(WITHOUT_KEY);
    expect(await refusal(get('k'))).toMatchObject(WRONG_KEY);
    s3.putObject(Bucket, 'k', Buffer.from('x'), { encryption: { kind: 'SSE-C', customerKey: key } });
    await get('k');
  });

  it('is the only one that takes a key', async () => {
    server().s3.putObject(Bucket, 'plain', Buffer.from('x'));
    expect(await refusal(get('plain'))).toMatchObject({
      name: 'InvalidRequest',
      status: 400,
      message: 'The encryption parameters are not applicable to this object.',
    });
  });
});

describe('A copy', () => {
  it('of one needs its key, and has none itself unless it is given one', async () => {
    await put('k');
    const plain = await copy('plain', sourceHeadersOf(key));
    expect(plain).toMatchObject({
      ServerSideEncryption: 'AES256',
      CopyObjectResult: { ETag: `"${createHash('md5').update('hello').digest('hex')}"` },
    });
    const sealed = await copy('sealed', { ...sourceHeadersOf(key), ...other });
    expect(sealed).toMatchObject({ SSECustomerKeyMD5: other.SSECustomerKeyMD5 });
    expect(await (await get('sealed', other)).Body?.transformToString()).toBe('hello');
  });
});

describe('A multipart upload', () => {
  const begin = (more: object = {}) => send(new CreateMultipartUploadCommand({ Bucket, Key: 'm', ...more }));
  const part = (UploadId: string | undefined, more: object = {}) =>
    send(new UploadPartCommand({ Bucket, Key: 'm', UploadId, PartNumber: 1, Body: 'hello', ...more }));

  it('takes each part with the key', async () => {
    const begun = await begin(mine);
    expect(begun).toMatchObject(confirmed);
    const upload = { Bucket, Key: 'm', UploadId: begun.UploadId };
    await put('k');
    const CopySource = copySource(Bucket, 'k');
    const copied = { ...upload, PartNumber: 1, CopySource, ...mine };
    expect(await refusal(send(new UploadPartCopyCommand(copied)))).toMatchObject(WITHOUT_KEY);
    await send(new UploadPartCopyCommand({ ...copied, ...sourceHeadersOf(key) }));
    const { ETag, ...said } = await part(begun.UploadId, mine);
    expect(said).toMatchObject(confirmed);
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload }));
    expect(await refusal(get('m', {}))).toMatchObject(WITHOUT_KEY);
    expect(await get('m')).toMatchObject(confirmed);
  });

  it('refuses a part without it, with another one, or with one that nobody asked for', async () => {
    const { UploadId } = await begin(mine);
    const unlike =
      'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.';
    expect(await refusal(part(UploadId))).toMatchObject({ name: 'InvalidRequest', message: unlike });
    expect(await refusal(part(UploadId, other))).toMatchObject({
      name: 'InvalidRequest',
      message: 'The provided encryption parameters did not match the ones used originally.',
    });
    const plain = await begin();
    expect(await refusal(part(plain.UploadId, mine))).toMatchObject({ name: 'InvalidRequest', message: unlike });
  });
});

describe('A customer’s key that is none', () => {
  const MISMATCH = 'The calculated MD5 hash of the key did not match the hash that was provided.';
  const LENGTH = 'The secret key was invalid for the specified algorithm.';
  const short = randomBytes(10);
  const start = 'x-amz-server-side-encryption-customer';
  const all = { algorithm: 'AES256', key: text(key), 'key-md5': md5Of(key) };
  it.each([
    ['under two encryptions', { ...all }, 'InvalidArgument', /incompatible with the encryption method/],
    [
      'by another algorithm',
      { ...all, algorithm: 'KMS' },
      'InvalidEncryptionAlgorithmError',
      /^The Encryption request/,
    ],
    ['without an algorithm', { key: all.key }, 'InvalidArgument', /must provide a valid encryption algorithm/],
    ['without the key', { algorithm: 'AES256' }, 'InvalidArgument', /must provide an appropriate secret key/],
    ['without its MD5', { algorithm: 'AES256', key: all.key }, 'InvalidArgument', /client calculated MD5/],
    ['with another’s MD5', { ...all, 'key-md5': md5Of(short) }, 'InvalidArgument', MISMATCH],
    ['too short', { ...all, key: text(short), 'key-md5': md5Of(short) }, 'InvalidArgument', LENGTH],
  ])('is refused: %s', async (title, given, code, message) => {
    const headers = Object.entries(given).map(([name, value]) => [`${start}-${name}`, value]);
    const more = title === 'under two encryptions' ? { 'x-amz-server-side-encryption': 'AES256' } : {};
    const answer = await server().sendSigned({
      method: 'PUT',
      path: `/${Bucket}/refused`,
      headers: { ...Object.fromEntries(headers), ...more },
      body: 'x',
    });
    const [, said] = /<Message>(.*)<\/Message>/.exec(answer.text) ?? [];
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(`<Code>${code}</Code>`)]);
    expect(said).toMatch(message);
    expect(answer.text).not.toContain(text(key));
  });
});

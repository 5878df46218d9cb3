import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ODD_KEYS, refusal, useS3 } from './support/server.js';

const server = useS3();
const Bucket = 'objects';
beforeAll(() => server().s3.createBucket(Bucket));

const put = (Key: string, Body: string | Buffer, more = {}) =>
  server().client.send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
const head = (Key: string, more = {}) => server().client.send(new HeadObjectCommand({ Bucket, Key, ...more }));
const get = async (Key: string, more = {}) => {
  const { Body, ...answer } = await server().client.send(new GetObjectCommand({ Bucket, Key, ...more }));
  return { ...answer, text: await Body?.transformToString() };
};

describe('objects', () => {
  it.each(ODD_KEYS.map((key) => [key.slice(0, 30), key]))('the key %j comes back as it went in', async (_, key) => {
    const written = await put(key, `body of ${key}`);
    const read = await get(key);
    expect(read.text).toBe(`body of ${key}`);
    expect(read.ETag).toBe(written.ETag);
    await server().client.send(new DeleteObjectCommand({ Bucket, Key: key }));
    expect((await refusal(get(key))).name).toBe('NoSuchKey');
  });

  it('an object keeps its content headers, metadata, tags and storage class', async () => {
    await put('whole', 'x', {
      ContentType: 'text/x-odd; charset=utf-8',
      CacheControl: 'max-age=1',
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: 'deflate, gzip',
      ContentLanguage: 'de',
      Expires: new Date('2030-01-01T00:00:00Z'),
      WebsiteRedirectLocation: '/elsewhere',
      Metadata: { Mixed: 'Case', empty: '', spaced: 'a  b' },
      Tagging: 'a=1&b=with%20space',
      StorageClass: 'STANDARD_IA',
    });
    expect(await head('whole')).toMatchObject({
      ContentType: 'text/x-odd; charset=utf-8',
      CacheControl: 'max-age=1',
      ContentDisposition: 'attachment; filename="a.txt"',
      ContentEncoding: 'deflate, gzip',
      ContentLanguage: 'de',
      ExpiresString: 'Tue, 01 Jan 2030 00:00:00 GMT',
      WebsiteRedirectLocation: '/elsewhere',
      Metadata: { mixed: 'Case', empty: '', spaced: 'a  b' },
      StorageClass: 'STANDARD_IA',
      ServerSideEncryption: 'AES256',
      AcceptRanges: 'bytes',
      ContentLength: 1,
    });
    expect((await get('whole')).TagCount).toBe(2);
  });

  it('an object without a content type is binary/octet-stream', async () => {
    await server().sendSigned({ method: 'PUT', path: `/${Bucket}/untyped`, body: 'x' });
    expect((await head('untyped')).ContentType).toBe('binary/octet-stream');
  });

  it('metadata beyond ASCII comes back as RFC 2047 has it, as the S3 guide shows', async () => {
    const sent = Buffer.from('ÄMÄZÕÑ S3').toString('latin1');
    await server().sendSigned({
      method: 'PUT',
      path: `/${Bucket}/umlauts`,
      body: '',
      headers: { 'x-amz-meta-ascii': 'AMAZONS3' },
    });
    server().s3.putObject(Bucket, 'umlauts', Buffer.alloc(0), { metadata: { nonascii: sent } });
    expect((await head('umlauts')).Metadata).toEqual({ nonascii: '=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=' });
  });

  it('metadata above 2 KB is MetadataTooLarge', async () => {
    expect(await refusal(put('much', 'x', { Metadata: { a: 'x'.repeat(2048) } }))).toMatchObject({
      name: 'MetadataTooLarge',
      status: 400,
    });
    await put('much', 'x', { Metadata: { a: 'x'.repeat(2047) } });
  });

  it('a key above 1,024 bytes is KeyTooLongError, counted in UTF-8', async () => {
    expect(await refusal(put('ü'.repeat(513), 'x'))).toMatchObject({
      name: 'KeyTooLongError',
      Size: '1026',
      MaxSizeAllowed: '1024',
    });
  });

  it('a stream of unknown hash arrives whole in aws-chunked pieces', async () => {
    const pieces = Array.from({ length: 50 }, (_, index) => Buffer.alloc(5000 + index, index));
    await put('stream', Readable.from(pieces) as unknown as Buffer, { ContentLength: Buffer.concat(pieces).length });
    const { client } = server();
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'stream' }));
    expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(Buffer.concat(pieces))).toBe(true);
    expect((await head('stream')).ContentEncoding).toBeUndefined();
  });

  it('an object of the class GLACIER has to be restored before it can be read', async () => {
    await put('cold', 'x', { StorageClass: 'GLACIER' });
    expect((await head('cold')).StorageClass).toBe('GLACIER');
    expect(await refusal(get('cold'))).toMatchObject({
      name: 'InvalidObjectState',
      status: 403,
      StorageClass: 'GLACIER',
    });
  });

  it('a storage class that does not exist is refused', async () => {
    expect(await refusal(put('odd', 'x', { StorageClass: 'WARM' }))).toMatchObject({
      name: 'InvalidStorageClass',
      StorageClassRequested: 'WARM',
    });
  });

  it('the answer has the content type that a GET asks for', async () => {
    await put('plain', 'x');
    expect(await get('plain', { ResponseContentType: 'text/html', ResponseCacheControl: 'no-store' })).toMatchObject({
      ContentType: 'text/html',
      CacheControl: 'no-store',
    });
    expect(await refusal(get('plain', { ResponseContentDisposition: 'snow\u2603man' }))).toMatchObject({
      name: 'InvalidArgument',
    });
  });

  it('an object that is not there is NoSuchKey with its key, or a bare 404 to HEAD', async () => {
    expect(await refusal(get('missing\u0001key'))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(await refusal(head('missing'))).toMatchObject({ name: 'NotFound', status: 404 });
  });

  it('another owner than expected is AccessDenied', async () => {
    await put('owned', 'x', { ExpectedBucketOwner: '123456789012' });
    expect(await refusal(head('owned', { ExpectedBucketOwner: '999999999999' }))).toMatchObject({ status: 403 });
    expect(await refusal(get('owned', { ExpectedBucketOwner: '999999999999' }))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
    });
  });

  it('the version id null names an object in a bucket without versioning, any other is refused', async () => {
    await put('versioned', 'x');
    expect((await get('versioned', { VersionId: 'null' })).text).toBe('x');
    expect(await refusal(get('versioned', { VersionId: 'abc' }))).toMatchObject({
      name: 'InvalidArgument',
      status: 400,
    });
  });
});

describe('ranges', () => {
  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=-99', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ])('%s of ten bytes is %s', async (Range, text, ContentRange) => {
    await put('ten', '0123456789');
    expect(await get('ten', { Range })).toMatchObject({ text, ContentRange, ContentLength: text.length });
    expect(await head('ten', { Range })).toMatchObject({ ContentRange, ContentLength: text.length });
  });

  it.each(['bytes=5-2', 'bytes=a-b', 'items=0-1', 'bytes=0-1,3-4', 'bytes=-'])(
    '%s cannot be read as a range and gives all',
    async (Range) => {
      await put('ten', '0123456789');
      expect(await get('ten', { Range })).toMatchObject({ text: '0123456789' });
    },
  );

  it('a range behind the end is InvalidRange with the size', async () => {
    await put('ten', '0123456789');
    expect(await refusal(get('ten', { Range: 'bytes=10-' }))).toMatchObject({
      name: 'InvalidRange',
      status: 416,
      ActualObjectSize: '10',
      RangeRequested: 'bytes=10-',
    });
    await put('empty', Buffer.alloc(0));
    expect(await refusal(get('empty', { Range: 'bytes=0-' }))).toMatchObject({ name: 'InvalidRange', status: 416 });
  });

  it('part 1 of an object that did not come in parts is all of it, part 2 does not exist', async () => {
    await put('ten', '0123456789');
    expect(await head('ten', { PartNumber: 1 })).toMatchObject({ ContentLength: 10, ContentRange: 'bytes 0-9/10' });
    expect(await refusal(get('ten', { PartNumber: 2 }))).toMatchObject({
      name: 'InvalidPartNumber',
      status: 416,
      ActualPartCount: '1',
    });
  });
});

describe('deleting', () => {
  it('what is not there is deleted as well', async () => {
    const answer = await server().client.send(new DeleteObjectCommand({ Bucket, Key: 'never' }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
  });

  it('a delete with If-Match spares an object that is not the one expected', async () => {
    const { ETag = '' } = await put('guarded', 'x');
    const remove = (IfMatch: string) =>
      server().client.send(new DeleteObjectCommand({ Bucket, Key: 'guarded', IfMatch }));
    expect(await refusal(remove('"other"'))).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
      Condition: 'If-Match',
    });
    await remove(ETag);
    expect(await refusal(remove(ETag))).toMatchObject({ status: 404 });
  });

  it('many odd keys are deleted in one request, each answered for itself', async () => {
    for (const key of ODD_KEYS) server().s3.putObject(Bucket, key, Buffer.from('x'));
    const Objects = ODD_KEYS.filter((key) => !['\u0001', '\ufffe'].some((character) => key.includes(character))).map(
      (Key) => ({ Key }),
    );
    const answer = await server().client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(answer.Errors).toBeUndefined();
    expect(answer.Deleted?.map((deleted) => deleted.Key)).toEqual(Objects.map(({ Key }) => Key));
    for (const { Key } of Objects) expect(server().s3.getObject(Bucket, Key)).toBeUndefined();
  });

  it('a quiet delete tells only of failures', async () => {
    const { ETag } = await put('stays', 'x');
    const remove = (etag: string | undefined) =>
      server().client.send(
        new DeleteObjectsCommand({
          Bucket,
          Delete: { Quiet: true, Objects: [{ Key: 'gone' }, { Key: 'stays', ETag: etag }] },
        }),
      );
    expect(await remove('"other"')).toMatchObject({ Errors: [{ Key: 'stays', Code: 'PreconditionFailed' }] });
    const answer = await remove(ETag);
    expect([answer.Deleted, answer.Errors]).toEqual([undefined, undefined]);
  });

  it.each([
    ['no XML at all', 'hello'],
    ['an XML bomb', '<!DOCTYPE d [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>'],
    ['no object', '<Delete></Delete>'],
    ['1,001 objects', `<Delete>${'<Object><Key>k</Key></Object>'.repeat(1001)}</Delete>`],
    ['an object without a key', '<Delete><Object/></Delete>'],
  ])('a delete of %s is MalformedXML', async (_, body) => {
    const md5 = createHash('md5').update(body).digest('base64');
    const answer = await server().sendSigned({
      method: 'POST',
      path: `/${Bucket}`,
      query: { delete: '' },
      headers: { 'content-md5': md5 },
      body,
    });
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('<Code>MalformedXML</Code>')]);
  });
});

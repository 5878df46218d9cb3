import { CopyObjectCommand, GetObjectTaggingCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ODD_KEYS, copySource, refusal, useS3 } from './support/server.js';

const server = useS3();
beforeAll(() => {
  server().s3.createBucket('source');
  server().s3.createBucket('destination');
});
beforeEach(() => {
  server().s3.putObject('source', 'object', Buffer.from('hello'), {
    contentType: 'text/plain',
    metadata: { owner: 'me' },
    tags: { a: '1' },
    storageClass: 'STANDARD_IA',
    lastModified: Date.parse('2020-01-01T00:00:00Z'),
  });
});

const copy = (more: object = {}) =>
  server().client.send(
    new CopyObjectCommand({ Bucket: 'destination', Key: 'copy', CopySource: 'source/object', ...more }),
  );
const head = (Key = 'copy', more: object = {}) =>
  server().client.send(new HeadObjectCommand({ Bucket: 'destination', Key, ...more }));
const tags = async () =>
  (await server().client.send(new GetObjectTaggingCommand({ Bucket: 'destination', Key: 'copy' }))).TagSet;

describe('CopyObject', () => {
  it.each(ODD_KEYS.map((key) => [key.slice(0, 30), key]))(
    'the key %j is found as a source, with and without a slash before the bucket',
    async (_, key) => {
      const { etag } = server().s3.putObject('source', key, Buffer.from(`body of ${key}`));
      const { CopyObjectResult } = await copy({ Key: key, CopySource: copySource('source', key) });
      expect(CopyObjectResult?.ETag).toBe(`"${etag}"`);
      await copy({ Key: key, CopySource: `/${copySource('source', key)}` });
      expect(server().s3.getObject('destination', key)?.body.toString()).toBe(`body of ${key}`);
    },
  );

  it('headers, metadata and tags come along; storage class and time do not', async () => {
    await copy();
    expect(await head()).toMatchObject({
      ContentType: 'text/plain',
      Metadata: { owner: 'me' },
    });
    expect((await head()).StorageClass).toBeUndefined();
    expect((await head()).LastModified?.getTime()).toBeGreaterThan(Date.parse('2020-01-02'));
    expect(await tags()).toEqual([{ Key: 'a', Value: '1' }]);
  });

  it('REPLACE takes metadata and tags from the request, each by its own directive', async () => {
    await copy({
      MetadataDirective: 'REPLACE',
      Metadata: { other: 'x' },
      ContentType: 'image/png',
      StorageClass: 'GLACIER_IR',
    });
    expect(await head()).toMatchObject({
      ContentType: 'image/png',
      Metadata: { other: 'x' },
      StorageClass: 'GLACIER_IR',
    });
    expect(await tags()).toEqual([{ Key: 'a', Value: '1' }]);
    await copy({ TaggingDirective: 'REPLACE', Tagging: 'b=2' });
    expect(await head()).toMatchObject({ Metadata: { owner: 'me' } });
    expect(await tags()).toEqual([{ Key: 'b', Value: '2' }]);
  });

  it('without a directive, metadata of the request counts for nothing', async () => {
    await copy({ Metadata: { other: 'x' }, ContentType: 'image/png' });
    expect(await head()).toMatchObject({ ContentType: 'text/plain', Metadata: { owner: 'me' } });
  });

  it('an unknown directive is InvalidArgument', async () => {
    expect(await refusal(copy({ MetadataDirective: 'KEEP' }))).toMatchObject({
      name: 'InvalidArgument',
      ArgumentName: 'x-amz-metadata-directive',
    });
  });

  it('an object is not copied onto itself unless something changes', async () => {
    const self = { Bucket: 'source', Key: 'object' };
    expect(await refusal(copy(self))).toMatchObject({ name: 'InvalidRequest', status: 400 });
    await copy({ ...self, MetadataDirective: 'REPLACE', Metadata: { now: 'other' } });
    await copy({ ...self, StorageClass: 'STANDARD' });
  });

  it('a multipart source becomes a single object with another ETag, and keeps its full-object checksum', async () => {
    const { etag } = server().s3.putObject('source', 'parts', Buffer.from('a'.repeat(100)), { multipartParts: 4 });
    expect(etag).toMatch(/^[0-9a-f]{32}-4$/);
    const { CopyObjectResult } = await copy({ CopySource: 'source/parts' });
    expect(CopyObjectResult?.ETag).toBe('"36a92cc94a9e0fa21f625f8bfb007adf"');
    const before = await server().client.send(
      new HeadObjectCommand({ Bucket: 'source', Key: 'parts', ChecksumMode: 'ENABLED' }),
    );
    expect(CopyObjectResult).toMatchObject({
      ChecksumCRC64NVME: before.ChecksumCRC64NVME,
      ChecksumType: 'FULL_OBJECT',
    });
  });

  it('the request chooses another checksum', async () => {
    const { CopyObjectResult } = await copy({ ChecksumAlgorithm: 'SHA256' });
    expect(CopyObjectResult?.ChecksumSHA256).toBe('LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=');
    expect((await head('copy', { ChecksumMode: 'ENABLED' })).ChecksumSHA256).toBe(CopyObjectResult?.ChecksumSHA256);
  });

  it('an object without a checksum gets S3 default CRC64NVME when it is copied', async () => {
    server().s3.putObject('source', 'old', Buffer.from('123456789'), { checksumAlgorithm: 'none' });
    const { CopyObjectResult } = await copy({ CopySource: 'source/old' });
    expect(CopyObjectResult?.ChecksumCRC64NVME).toBe('rosUhgp5mIg=');
  });

  it('a source above 5 GiB is refused', async () => {
    server().s3.putObject(
      'source',
      'huge',
      { zeros: 5 * 1024 ** 3 + 1 },
      { multipartParts: 1000, checksumAlgorithm: 'none' },
    );
    expect(await refusal(copy({ CopySource: 'source/huge' }))).toMatchObject({
      name: 'InvalidRequest',
      message: expect.stringContaining('5368709120'),
    });
  });

  it('an archived source has to be restored first', async () => {
    server().s3.putObject('source', 'cold', Buffer.from('x'), { storageClass: 'DEEP_ARCHIVE' });
    expect(await refusal(copy({ CopySource: 'source/cold' }))).toMatchObject({
      name: 'InvalidObjectState',
      StorageClass: 'DEEP_ARCHIVE',
    });
  });

  it.each([
    ['source/missing', 'NoSuchKey'],
    ['nowhere/object', 'NoSuchBucket'],
    ['source', 'InvalidArgument'],
    ['source/', 'InvalidArgument'],
    ['source/%zz', 'InvalidArgument'],
    ['source/object?versionId=abc', 'InvalidArgument'],
  ])('the source %j is %s', async (CopySource, name) => {
    expect(await refusal(copy({ CopySource }))).toMatchObject({ name });
  });

  it('what a copy shares, a later write to the source does not change', async () => {
    await copy();
    server().s3.putObject('source', 'object', Buffer.from('changed'));
    expect(server().s3.getObject('destination', 'copy')?.body.toString()).toBe('hello');
  });
});

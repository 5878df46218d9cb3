import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BareS3 } from '../../bench/server/bare-s3.js';
import { serveHttp } from '../../bench/server/http.js';
import { KEY, REGION, useS3 } from '../local/s3/support/server.js';

const KEYS = ['a', 'a b+c', 'folder/x & y', 'folder/ü', 'folder/z/1', 'folder/z/2', '～', '😀'];

describe("the benchmark's S3 answers as the embedded one does", () => {
  const embedded = useS3();
  let bare: S3Client;
  let close = () => {};

  beforeAll(async () => {
    const server = await serveHttp(new BareS3().answer);
    close = server.close;
    const endpoint = `http://127.0.0.1:${server.port}`;
    bare = new S3Client({ endpoint, region: REGION, credentials: KEY, forcePathStyle: true, maxAttempts: 1 });
    for (const client of [bare, embedded().client]) {
      for (const Bucket of ['source', 'destination']) await client.send(new CreateBucketCommand({ Bucket }));
      for (const Key of KEYS)
        await client.send(
          new PutObjectCommand({ Bucket: 'source', Key, Body: `of ${Key}`, ContentType: 'text/plain' }),
        );
    }
  });
  afterAll(() => {
    bare.destroy();
    close();
  });

  /** What both answer to the same. */
  async function expectAlike(ask: (client: S3Client) => Promise<unknown>): Promise<unknown> {
    const [told, expected] = [await outcome(ask, bare), await outcome(ask, embedded().client)];
    expect(told).toEqual(expected);
    return told;
  }

  it.each([
    ['all', {}],
    ['a prefix', { Prefix: 'folder/' }],
    ['behind a key', { StartAfter: 'folder/x' }],
    ['behind what is no key, in a prefix', { Prefix: 'folder/z', StartAfter: 'a' }],
    ['rolled up', { Delimiter: '/' }],
    ['rolled up below a prefix', { Prefix: 'folder/', Delimiter: '/' }],
    ['keys encoded', { EncodingType: 'url' as const }],
    ['nothing', { Prefix: 'nowhere' }],
  ])('lists %s, by pages of every size', async (_, input) => {
    for (const MaxKeys of [1, 2, 3, 1_000]) await expectAlike((client) => pages(client, { ...input, MaxKeys }));
  });

  it('refuses to list a bucket that is not there', async () => {
    const told = await expectAlike((client) => client.send(new ListObjectsV2Command({ Bucket: 'nobodys-bucket' })));
    expect(told).toEqual({ error: 'NoSuchBucket', status: 404 });
  });

  it('copies where the conditions on both sides hold, and only there', async () => {
    const etag = async (Key: string) => (await bare.send(new HeadObjectCommand({ Bucket: 'source', Key }))).ETag;
    const [right, other] = [await etag('a'), await etag('folder/ü')];
    const steps: [conditions: object, outcome: string | number][] = [
      [{ CopySourceIfMatch: other }, 412],
      [{ IfMatch: right }, 404],
      [{ CopySourceIfMatch: right, IfNoneMatch: '*' }, 'copied'],
      [{ CopySourceIfMatch: right, IfNoneMatch: '*' }, 412],
      [{ IfMatch: other }, 412],
      [{ IfMatch: right }, 'copied'],
      [{ CopySource: 'source/nothing' }, 404],
    ];
    for (const [conditions, expected] of steps) {
      const input = { Bucket: 'destination', Key: 'a', CopySource: 'source/a', ...conditions };
      const told = await expectAlike(async (client) => {
        const { CopyObjectResult } = await client.send(new CopyObjectCommand(input));
        return { copied: CopyObjectResult?.ETag };
      });
      expect(told).toEqual(expected === 'copied' ? { copied: right } : expect.objectContaining({ status: expected }));
    }
  });

  it.each(KEYS)('shows, reads and copies %p under its name', async (Key) => {
    const CopySource = `source/${encodeURIComponent(Key)}`;
    await expectAlike(async (client) => {
      await client.send(new CopyObjectCommand({ Bucket: 'destination', Key: `copy of ${Key}`, CopySource }));
      const { ETag, ContentLength, ContentType } = await client.send(
        new HeadObjectCommand({ Bucket: 'destination', Key: `copy of ${Key}` }),
      );
      const read = await client.send(new GetObjectCommand({ Bucket: 'source', Key, Range: 'bytes=1-' }));
      return { ETag, ContentLength, ContentType, range: read.ContentRange, text: await read.Body?.transformToString() };
    });
  });

  it('shows nothing where nothing is, and takes away what is there', async () => {
    const place = { Bucket: 'destination', Key: 'short-lived' };
    await expectAlike((client) => client.send(new HeadObjectCommand(place)));
    await expectAlike(async (client) => {
      await client.send(new PutObjectCommand({ ...place, Body: 'short' }));
      await client.send(new DeleteObjectCommand(place));
      return client.send(new HeadObjectCommand(place));
    });
  });
});

/** Keys, prefixes and what stands beside them, page by page. */
async function pages(client: S3Client, input: object): Promise<unknown[]> {
  const told: unknown[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket: 'source', ...input, ContinuationToken: token }));
    const { KeyCount, MaxKeys, IsTruncated, Prefix, StartAfter, Delimiter, EncodingType, CommonPrefixes } = page;
    const objects = page.Contents?.map(({ Key, Size, ETag, StorageClass }) => [Key, Size, ETag, StorageClass]);
    told.push({ KeyCount, MaxKeys, IsTruncated, Prefix, StartAfter, Delimiter, EncodingType, CommonPrefixes, objects });
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return told;
}

async function outcome(ask: (client: S3Client) => Promise<unknown>, client: S3Client): Promise<unknown> {
  try {
    return await ask(client);
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    return { error: error.name, status: error.$metadata.httpStatusCode };
  }
}

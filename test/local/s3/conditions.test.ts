import { CopyObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { judgeRead, judgeWrite } from '../../../local/s3/conditions.js';
import { refusal, useS3 } from './support/server.js';

const server = useS3();
const Bucket = 'conditions';
const MODIFIED = Date.parse('2024-05-01T00:00:00Z');
const BEFORE = 'Tue, 30 Apr 2024 00:00:00 GMT';
const SAME = 'Wed, 01 May 2024 00:00:00 GMT';
const AFTER = 'Thu, 02 May 2024 00:00:00 GMT';
const FUTURE = 'Fri, 01 Jan 2100 00:00:00 GMT';
let etag = '';

beforeAll(() => {
  server().s3.createBucket(Bucket);
  etag = server().s3.putObject(Bucket, 'object', Buffer.from('x'), { lastModified: MODIFIED }).etag;
});

describe('conditions of GET, HEAD and copies, row by row', () => {
  const yes = '"e"';
  const no = '"other"';
  it.each([
    [{}, 200],
    [{ 'if-match': yes }, 200],
    [{ 'if-match': no }, 412],
    [{ 'if-match': '*' }, 200],
    [{ 'if-match': `${no}, ${yes}` }, 200],
    [{ 'if-match': 'e' }, 200],
    [{ 'if-none-match': yes }, 304],
    [{ 'if-none-match': 'W/"e"' }, 304],
    [{ 'if-none-match': no }, 200],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-unmodified-since': BEFORE }, 412],
    [{ 'if-unmodified-since': SAME }, 200],
    [{ 'if-unmodified-since': AFTER }, 200],
    [{ 'if-modified-since': BEFORE }, 200],
    [{ 'if-modified-since': SAME }, 304],
    [{ 'if-modified-since': AFTER }, 304],
    [{ 'if-modified-since': FUTURE }, 200],
    [{ 'if-modified-since': 'yesterday' }, 200],
    [{ 'if-match': yes, 'if-unmodified-since': BEFORE }, 200],
    [{ 'if-match': no, 'if-unmodified-since': AFTER }, 412],
    [{ 'if-none-match': yes, 'if-modified-since': BEFORE }, 304],
    [{ 'if-none-match': no, 'if-modified-since': AFTER }, 200],
    [{ 'if-match': no, 'if-none-match': yes }, 412],
    [{ 'if-none-match': yes, 'if-unmodified-since': BEFORE }, 412],
    [{ 'if-match': yes, 'if-none-match': no, 'if-modified-since': BEFORE, 'if-unmodified-since': AFTER }, 200],
  ])('%j is %i', (headers, status) => {
    const statuses = { holds: 200, notModified: 304, failed: 412 };
    expect(statuses[judgeRead(headers, { etag: 'e', lastModified: MODIFIED }, Date.parse('2024-06-01')).kind]).toBe(
      status,
    );
  });

  it('a GET that fails its condition says which', async () => {
    const { client } = server();
    const get = (more: object) => refusal(client.send(new GetObjectCommand({ Bucket, Key: 'object', ...more })));
    expect(await get({ IfMatch: '"other"' })).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
      Condition: 'If-Match',
    });
    expect(await get({ IfUnmodifiedSince: new Date(MODIFIED - 1000) })).toMatchObject({
      status: 412,
      Condition: 'If-Unmodified-Since',
    });
    expect(await get({ IfNoneMatch: etag })).toMatchObject({ status: 304 });
    expect(
      await refusal(client.send(new HeadObjectCommand({ Bucket, Key: 'object', IfModifiedSince: new Date(MODIFIED) }))),
    ).toMatchObject({ status: 304 });
  });

  it('a copy that fails a condition on its source says which, in the words of its header', async () => {
    const copy = (more: object) =>
      refusal(
        server().client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/object`, ...more })),
      );
    const Condition = (name: string) => ({
      name: 'PreconditionFailed',
      status: 412,
      Condition: `x-amz-copy-source-${name}`,
    });
    expect(await copy({ CopySourceIfMatch: 'other' })).toMatchObject(Condition('If-Match'));
    expect(await copy({ CopySourceIfNoneMatch: etag })).toMatchObject(Condition('If-None-Match'));
    expect(await copy({ CopySourceIfModifiedSince: new Date(MODIFIED) })).toMatchObject(Condition('If-Modified-Since'));
    expect(await copy({ CopySourceIfUnmodifiedSince: new Date(MODIFIED - 1000) })).toMatchObject(
      Condition('If-Unmodified-Since'),
    );
  });
});

describe('conditions of writes', () => {
  const there = { etag: 'e', lastModified: 0 };
  it.each([
    [{}, there, 'holds'],
    [{ 'if-none-match': '*' }, undefined, 'holds'],
    [{ 'if-none-match': '*' }, there, 'failed'],
    [{ 'if-match': '"e"' }, there, 'holds'],
    [{ 'if-match': '"other"' }, there, 'failed'],
    [{ 'if-match': '"e"' }, undefined, 'missing'],
    [{ 'if-match': '*' }, there, 'unsupported'],
    [{ 'if-none-match': '"e"' }, there, 'unsupported'],
    [{ 'if-match': '"e"', 'if-none-match': '*' }, there, 'unsupported'],
  ])('%j on %j %s', (headers, existing, kind) => {
    expect(judgeWrite(headers, existing).kind).toBe(kind);
  });

  it.each([
    ['PutObject', (more: object) => new PutObjectCommand({ Bucket, Key: 'written', Body: 'x', ...more })],
    [
      'CopyObject',
      (more: object) => new CopyObjectCommand({ Bucket, Key: 'written', CopySource: `${Bucket}/object`, ...more }),
    ],
  ])('%s writes once with If-None-Match, then only over what it knows with If-Match', async (_, command) => {
    const { client, s3 } = server();
    const write = (more: object) => client.send(command(more) as PutObjectCommand);
    s3.deleteObject(Bucket, 'written');
    expect(await refusal(write({ IfMatch: '"any"' }))).toMatchObject({ name: 'NoSuchKey', status: 404 });
    await write({ IfNoneMatch: '*' });
    expect(await refusal(write({ IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
      Condition: 'If-None-Match',
    });
    const known = s3.getObject(Bucket, 'written')?.etag;
    expect(await refusal(write({ IfMatch: '"any"' }))).toMatchObject({ status: 412, Condition: 'If-Match' });
    await write({ IfMatch: known });
  });

  it('of twenty writers that may only create, exactly one does', async () => {
    const write = (index: number) =>
      server().client.send(new PutObjectCommand({ Bucket, Key: 'race', Body: String(index), IfNoneMatch: '*' }));
    const settled = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => write(index)));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});

import {
  CopyObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FaultPlan } from '../../../local/s3/faults.js';
import { refusal, useS3 } from './support/server.js';

const server = useS3();
const Bucket = 'faulty';
beforeAll(() => server().s3.createBucket(Bucket));
beforeEach(() => {
  const { s3 } = server();
  s3.faults.clear();
  s3.requests.reset();
  for (const key of ['a', 'b', 'c']) s3.putObject(Bucket, key, Buffer.from(key));
});

const head = (Key: string, client = server().client) => client.send(new HeadObjectCommand({ Bucket, Key }));
const copy = (Key: string, from: string, client = server().client) =>
  client.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}` }));
const get = (Key: string) => server().client.send(new GetObjectCommand({ Bucket, Key }));

describe('faults', () => {
  it.each([
    ['SlowDown', 503, 'Please reduce your request rate.'],
    ['InternalError', 500, 'We encountered an internal error. Please try again.'],
    ['ServiceUnavailable', 503, 'Service is unable to handle request.'],
    ['AccessDenied', 403, 'Access Denied'],
  ] as const)('%s comes in the words of S3, and nothing is done', async (error, status, message) => {
    const fault = server().s3.faults.add({ operation: 'PutObject', effect: { error } });
    const put = server().client.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x' }));
    expect(await refusal(put)).toMatchObject({ name: error, status, message });
    expect([fault.hits, server().s3.getObject(Bucket, 'new')]).toEqual([1, undefined]);
  });

  it('a fault strikes after so many, so many times, and then no more', async () => {
    const fault = server().s3.faults.add({ operation: 'GetObject', skip: 1, times: 2, effect: { error: 'SlowDown' } });
    const outcomes: boolean[] = [];
    for (let index = 0; index < 5; index += 1)
      outcomes.push(
        await get('a').then(
          () => true,
          () => false,
        ),
      );
    expect(outcomes).toEqual([true, false, false, true, true]);
    expect(fault.hits).toBe(2);
  });

  it('a fault is for one operation, bucket, key or source only', async () => {
    const { s3, client } = server();
    s3.faults.add({
      operation: ['CopyObject', 'UploadPartCopy'],
      bucket: Bucket,
      sourceKey: (key) => key === 'b',
      effect: { error: 'AccessDenied' },
    });
    s3.faults.add({ key: 'c', effect: { error: 'SlowDown' } });
    s3.faults.add({ bucket: 'other', effect: { error: 'InternalError' } });
    await copy('x', 'a');
    await get('b');
    expect(await refusal(copy('x', 'b'))).toMatchObject({ name: 'AccessDenied' });
    expect(
      await refusal(
        client.send(
          new UploadPartCopyCommand({ Bucket, Key: 'x', UploadId: 'u', PartNumber: 1, CopySource: `${Bucket}/b` }),
        ),
      ),
    ).toMatchObject({ name: 'AccessDenied' });
    expect(await refusal(get('c'))).toMatchObject({ name: 'SlowDown' });
    await client.send(new ListObjectsV2Command({ Bucket }));
  });

  it('a fault with a probability strikes the same requests every time', () => {
    const struck = () => {
      const plan = new FaultPlan();
      plan.add({ probability: 0.3, effect: { error: 'SlowDown' } });
      return Array.from(
        { length: 1000 },
        () => plan.strike({ operation: 'HeadObject', bucket: 'b', key: 'k' }) !== undefined,
      );
    };
    expect(struck()).toEqual(struck());
    expect(struck().filter(Boolean).length).toBeGreaterThan(250);
    expect(struck().filter(Boolean).length).toBeLessThan(350);
  });

  it('a copy may answer 200 and still have failed', async () => {
    server().s3.faults.add({ operation: 'CopyObject', times: 1, effect: { errorIn200: 'InternalError' } });
    const { status, text } = await server().sendSigned({
      method: 'PUT',
      path: `/${Bucket}/x`,
      headers: { 'x-amz-copy-source': `${Bucket}/a` },
    });
    expect([status, text]).toEqual([200, expect.stringContaining('<Error><Code>InternalError</Code>')]);
    server().s3.faults.add({ operation: 'CopyObject', times: 1, effect: { errorIn200: 'InternalError' } });
    expect(await refusal(copy('y', 'a'))).toMatchObject({ name: 'InternalError' });
    expect(server().s3.getObject(Bucket, 'y')).toBeUndefined();
  });

  it('a connection that drops before leaves nothing done, one that drops after loses only the answer', async () => {
    const { s3 } = server();
    s3.faults.add({ operation: 'CopyObject', key: 'before', effect: { drop: 'before' } });
    s3.faults.add({ operation: 'CopyObject', key: 'after', effect: { drop: 'after' } });
    for (const key of ['before', 'after'])
      expect(await refusal(copy(key, 'a'))).toMatchObject({ message: expect.stringContaining('socket hang up') });
    expect([s3.getObject(Bucket, 'before'), s3.getObject(Bucket, 'after')?.body.toString()]).toEqual([undefined, 'a']);
  });

  it('a hook sees the request, may change the world, and the request goes on', async () => {
    const { s3 } = server();
    const seen: unknown[] = [];
    s3.faults.add({
      operation: 'CopyObject',
      times: 1,
      effect: {
        call: async (request) => {
          await Promise.resolve();
          seen.push(request);
          s3.putObject(Bucket, 'a', Buffer.from('changed'));
        },
      },
    });
    await copy('x', 'a');
    expect(seen).toEqual([{ operation: 'CopyObject', bucket: Bucket, key: 'x', sourceKey: 'a' }]);
    expect(s3.getObject(Bucket, 'x')?.body.toString()).toBe('changed');
  });

  it('a fault that is removed, or cleared with all, strikes no more', async () => {
    const { faults } = server().s3;
    const fault = faults.add({ effect: { error: 'SlowDown' } });
    fault.remove();
    await head('a');
    faults.add({ effect: { error: 'SlowDown' } });
    faults.clear();
    await head('a');
    expect(fault.hits).toBe(0);
  });

  it('the SDK retries what S3 means to be retried', async () => {
    const patient = server().clientWith({ maxAttempts: 3 });
    const fault = server().s3.faults.add({ operation: 'CopyObject', times: 2, effect: { error: 'InternalError' } });
    await copy('x', 'a', patient);
    expect(fault.hits).toBe(2);
  });
});

describe('the count of requests', () => {
  it('requests are counted by operation and bucket, struck ones too', async () => {
    const { s3 } = server();
    s3.createBucket('quiet');
    s3.faults.add({ operation: 'HeadObject', times: 1, effect: { error: 'SlowDown' } });
    await refusal(head('a'));
    await head('a');
    await copy('x', 'a');
    const count = s3.requests;
    expect([
      count.count(),
      count.count({ operation: 'HeadObject' }),
      count.count({ operation: 'CopyObject', bucket: Bucket }),
      count.count({ bucket: 'quiet' }),
    ]).toEqual([3, 2, 1, 0]);
    count.reset();
    expect(count.count()).toBe(0);
  });
});

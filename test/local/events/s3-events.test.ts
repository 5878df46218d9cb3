import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { openQueueWorld, type QueueWorld } from '../lambda/queue-world.js';

let world: QueueWorld;
let permits = (_call: AwsCall): boolean => true;

beforeAll(async () => {
  world = await openQueueWorld({ access: { permits: (call) => permits(call) } });
  await world.queue('told', { Policy: world.letsRules('told') });
  await world.rule('told', { source: ['aws.s3'] }, 'told');
  for (const versioning of ['Enabled', undefined] as const) {
    const bucket = versioning ? 'versioned' : 'plain';
    world.engine.s3.createBucket(bucket, versioning ? { versioning } : {});
    await tellEventBridge(bucket);
  }
});
afterAll(() => world.close());

function tellEventBridge(Bucket: string) {
  return world.s3.send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
}

interface Told {
  'detail-type': string;
  detail: { object: { key: string; sequencer: string }; 'request-id': string };
}

let heard = 0;

/** What the queue got of a step, all of it and no more. */
async function toldOf<Answer>(step: () => Promise<Answer> | Answer): Promise<{ answer: Answer; told: Told[] }> {
  const answer = await step();
  await world.engine.events.idle();
  const all = world.engine.sqs.messages('told').map(({ body }) => JSON.parse(body) as Told);
  const told = all.slice(heard);
  heard = all.length;
  return { answer, told };
}

const put = (Bucket: string, Key: string, Body = 'hello') => world.s3.send(new PutObjectCommand({ Bucket, Key, Body }));

describe('S3 tells EventBridge of', () => {
  it('an object that is put, with the request id of that very answer and the key as it is', async () => {
    const { answer, told } = await toldOf(() => put('versioned', 'a b+ü%20.jpg'));
    expect(told).toEqual([
      {
        version: '0',
        id: expect.stringMatching(/^[0-9a-f]{8}-/),
        'detail-type': 'Object Created',
        source: 'aws.s3',
        account: '123456789012',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        region: 'us-east-1',
        resources: ['arn:aws:s3:::versioned'],
        detail: {
          version: '0',
          bucket: { name: 'versioned' },
          object: {
            key: 'a b+ü%20.jpg',
            size: 5,
            etag: '5d41402abc4b2a76b9719d911017c592',
            'version-id': answer.VersionId,
            sequencer: expect.stringMatching(/^[0-9a-f]{16}$/),
          },
          'request-id': answer.$metadata.requestId,
          requester: '123456789012',
          'source-ip-address': '127.0.0.1',
          reason: 'PutObject',
        },
      },
    ]);
  });

  it('copies and finished uploads, by their reasons', async () => {
    const { s3 } = world;
    await toldOf(() => put('plain', 'source'));
    const copied = await toldOf(() =>
      s3.send(new CopyObjectCommand({ Bucket: 'plain', Key: 'copy', CopySource: 'plain/source' })),
    );
    expect(copied.told).toMatchObject([
      {
        detail: {
          object: { key: 'copy', size: 5 },
          reason: 'CopyObject',
          'request-id': copied.answer.$metadata.requestId,
        },
      },
    ]);
    const upload = { Bucket: 'plain', Key: 'parts' };
    const begun = await toldOf(async () => {
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(upload));
      const { ETag } = await s3.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'part' }));
      return { UploadId, ETag };
    });
    expect(begun.told).toEqual([]);
    const { UploadId, ETag } = begun.answer;
    const done = await toldOf(() =>
      s3.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          UploadId,
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
        }),
      ),
    );
    expect(done.told).toMatchObject([
      {
        detail: {
          object: { key: 'parts', size: 4, etag: expect.stringMatching(/-1$/) },
          reason: 'CompleteMultipartUpload',
        },
      },
    ]);
    expect(Object.keys(done.told[0]?.detail.object ?? {})).not.toContain('version-id');
  });

  it('a delete marker, a version that is gone, and a marker that is gone', async () => {
    const { s3 } = world;
    const { VersionId: first } = await put('versioned', 'gone');
    await toldOf(() => {});
    const marked = await toldOf(() => s3.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'gone' })));
    expect(marked.told).toMatchObject([
      {
        'detail-type': 'Object Deleted',
        detail: {
          object: { key: 'gone', etag: 'd41d8cd98f00b204e9800998ecf8427e', 'version-id': marked.answer.VersionId },
          reason: 'DeleteObject',
          'deletion-type': 'Delete Marker Created',
          'request-id': marked.answer.$metadata.requestId,
        },
      },
    ]);
    for (const VersionId of [first, marked.answer.VersionId]) {
      const { told } = await toldOf(() =>
        s3.send(new DeleteObjectCommand({ Bucket: 'versioned', Key: 'gone', VersionId })),
      );
      expect(told).toMatchObject([{ detail: { 'deletion-type': 'Permanently Deleted' } }]);
      expect(told[0]?.detail.object).toEqual({ key: 'gone', 'version-id': VersionId, sequencer: expect.any(String) });
    }
  });

  it('each of many that are deleted, and of none that was not there', async () => {
    for (const key of ['one', 'two']) await put('plain', key);
    await toldOf(() => {});
    const { told } = await toldOf(() =>
      world.s3.send(
        new DeleteObjectsCommand({
          Bucket: 'plain',
          Delete: { Objects: ['one', 'two', 'three'].map((Key) => ({ Key })) },
        }),
      ),
    );
    expect(told.map(({ detail }) => detail.object)).toEqual([
      { key: 'one', sequencer: expect.any(String) },
      { key: 'two', sequencer: expect.any(String) },
    ]);
  });

  it('what is written in process', async () => {
    const { engine } = world;
    const { told } = await toldOf(() => {
      engine.s3.putObject('plain', 'inside', Buffer.from('x'));
      engine.s3.deleteObject('plain', 'inside');
    });
    expect(told.map((event) => event['detail-type'])).toEqual(['Object Created', 'Object Deleted']);
    expect(new Set(told.map(({ detail }) => detail['request-id'])).size).toBe(2);
  });

  it('the order in which a key changed: its sequencers rise, as text of one length', async () => {
    const { told } = await toldOf(async () => {
      for (let time = 0; time < 20; time += 1) await put('plain', 'often', String(time));
    });
    const sequencers = told.map(({ detail }) => detail.object.sequencer);
    expect(new Set(sequencers).size).toBe(20);
    expect(sequencers).toEqual([...sequencers].sort());
  });

  it('nothing where the write was refused, or nobody is to be told', async () => {
    const { s3 } = world;
    await put('plain', 'there');
    await toldOf(() => {});
    const { told } = await toldOf(async () => {
      const refused = new PutObjectCommand({ Bucket: 'plain', Key: 'there', Body: 'x', IfNoneMatch: '*' });
      await expect(s3.send(refused)).rejects.toThrow('pre-conditions');
      await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: 'plain', NotificationConfiguration: {} }));
      await put('plain', 'untold');
    });
    expect(told).toEqual([]);
    await tellEventBridge('plain');
  });
});

describe('A bucket’s notification configuration', () => {
  it('is empty until EventBridge is to be told', async () => {
    const { s3, engine } = world;
    engine.s3.createBucket('quiet');
    const read = () => s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: 'quiet' }));
    expect((await read()).EventBridgeConfiguration).toBeUndefined();
    await tellEventBridge('quiet');
    expect((await read()).EventBridgeConfiguration).toEqual({});
  });

  it.each([
    [
      'topics',
      {
        TopicConfigurations: [
          { TopicArn: 'arn:aws:sns:us-east-1:123456789012:t', Events: ['s3:ObjectCreated:*' as const] },
        ],
      },
      'TopicConfiguration',
    ],
    [
      'queues',
      {
        QueueConfigurations: [
          { QueueArn: 'arn:aws:sqs:us-east-1:123456789012:q', Events: ['s3:ObjectCreated:*' as const] },
        ],
      },
      'QueueConfiguration',
    ],
    [
      'functions',
      {
        LambdaFunctionConfigurations: [
          {
            LambdaFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:f',
            Events: ['s3:ObjectCreated:*' as const],
          },
        ],
      },
      'CloudFunctionConfiguration',
    ],
  ])('with %s is refused by name', async (_, configuration, name) => {
    const wanted = new PutBucketNotificationConfigurationCommand({
      Bucket: 'plain',
      NotificationConfiguration: configuration,
    });
    await expect(world.s3.send(wanted)).rejects.toMatchObject({ name: 'NotImplemented', Parameter: name });
  });

  it('of another account’s bucket is refused: its EventBridge is another', async () => {
    world.engine.s3.createBucket('theirs', { account: '210987654321' });
    await expect(tellEventBridge('theirs')).rejects.toMatchObject({ name: 'NotImplemented' });
    expect(() => world.engine.s3.notifyEventBridge('theirs')).toThrow('that of the account 123456789012 only');
  });

  it('needs permissions of its own', async () => {
    const keys = { accessKeyId: 'notifier', secretAccessKey: 'secret' };
    world.engine.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/notifier' });
    const s3 = new S3Client({ ...world.settings, forcePathStyle: true, credentials: keys });
    const asked: string[] = [];
    permits = ({ action, resource }) => {
      asked.push(`${action} ${resource}`);
      return action !== 's3:PutBucketNotification';
    };
    await s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: 'plain' }));
    const wanted = new PutBucketNotificationConfigurationCommand({ Bucket: 'plain', NotificationConfiguration: {} });
    await expect(s3.send(wanted)).rejects.toMatchObject({ name: 'AccessDenied' });
    expect(asked).toEqual([
      's3:GetBucketNotification arn:aws:s3:::plain',
      's3:PutBucketNotification arn:aws:s3:::plain',
    ]);
    s3.destroy();
  });
});

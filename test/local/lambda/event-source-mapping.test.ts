import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { openQueueWorld, type QueueWorld } from './queue-world.js';

let world: QueueWorld;

beforeAll(async () => {
  world = await openQueueWorld();
});
afterAll(() => world.close());

describe('An event of S3', () => {
  it('comes through its rule and its queue to the function', async () => {
    const { s3, engine, seen } = world;
    await s3.send(new CreateBucketCommand({ Bucket: 'photos' }));
    await s3.send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: 'photos',
        NotificationConfiguration: { EventBridgeConfiguration: {} },
      }),
    );
    await world.queue('photos-events');
    await world.rule('photos', { source: ['aws.s3'], detail: { bucket: { name: ['photos'] } } }, 'photos-events');
    world.createFunction('photos-copier');
    await world.map('photos-events', 'photos-copier', { FunctionResponseTypes: ['ReportBatchItemFailures'] });
    await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a b+c.jpg', Body: 'x' }));
    await s3.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'a b+c.jpg' }));
    await engine.idle();
    expect(seen.map(({ name }) => name)).toEqual(['a b+c.jpg', 'a b+c.jpg']);
    expect(engine.sqs.messages('photos-events')).toEqual([]);
  });
});

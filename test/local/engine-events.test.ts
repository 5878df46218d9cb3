import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openQueueWorld, type QueueWorld } from './lambda/queue-world.js';

const CHANGES = 5000;

let world: QueueWorld;

beforeAll(async () => {
  world = await openQueueWorld();
});
afterAll(() => world.close());

describe('Thousands of changes on a bad day', () => {
  it('all come to the function, some more than once and out of order, although it dies again and again', async () => {
    const { engine, seen, arnOf } = world;
    engine.s3.createBucket('busy', { versioning: 'Enabled' });
    engine.s3.notifyEventBridge('busy');
    await world.queue('busy-dead');
    const redrive = JSON.stringify({ deadLetterTargetArn: arnOf('busy-dead'), maxReceiveCount: 100 });
    await world.queue('busy', { VisibilityTimeout: '900', RedrivePolicy: redrive });
    await world.rule('busy', { source: ['aws.s3'], detail: { bucket: { name: ['busy'] } } }, 'busy');
    world.createFunction('busy');
    await world.map('busy', 'busy', { FunctionResponseTypes: ['ReportBatchItemFailures'] });

    engine.events.faults.add({ probability: 0.1, effect: { duplicate: 2 } });
    engine.events.faults.add({ probability: 0.1, effect: { late: 50 } });
    engine.sqs.faults.add({ probability: 0.3, queue: 'busy', effect: { reorder: true } });
    engine.sqs.faults.add({ operation: 'DeleteMessageBatch', probability: 0.1, effect: { error: 'InternalError' } });
    engine.sqs.faults.add({ operation: 'ReceiveMessage', probability: 0.05, effect: { error: 'RequestThrottled' } });
    const key = (change: number) => `${change % 500}/${change}`;
    for (let change = 0; change < CHANGES; change += 1) engine.s3.putObject('busy', key(change), Buffer.from('x'));
    for (let death = 1; death <= 8; death += 1) {
      await world.until(() => seen.length >= death * 500);
      engine.lambda.killRunning('busy');
    }
    await engine.idle();

    const names = new Set(seen.map(({ name }) => name));
    expect(names.size).toBe(CHANGES);
    expect(seen.length).toBeGreaterThan(CHANGES * 1.2);
    expect(seen.some(({ count }) => count > 1)).toBe(true);
    const order = seen.map(({ name }) => Number(name.split('/')[1]));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
    expect([engine.sqs.messages('busy'), engine.sqs.messages('busy-dead')]).toEqual([[], []]);
  });
});

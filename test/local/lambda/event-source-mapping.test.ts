import {
  CreateBucketCommand,
  DeleteObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { openQueueWorld, type QueueWorld } from './queue-world.js';

const BATCH_FAILURES = { FunctionResponseTypes: ['ReportBatchItemFailures' as const] };

let world: QueueWorld;
let permits = (_call: AwsCall): boolean => true;
const calls: AwsCall[] = [];

beforeAll(async () => {
  world = await openQueueWorld({ access: { permits: (call) => permits(call), onCall: (call) => calls.push(call) } });
});
afterAll(() => world.close());
beforeEach(() => {
  world.seen.length = 0;
  calls.length = 0;
  permits = () => true;
});

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
    await world.queue('photos-events', { Policy: world.letsRules('photos-events') });
    await world.rule('photos', { source: ['aws.s3'], detail: { bucket: { name: ['photos'] } } }, 'photos-events');
    world.createFunction('photos-copier');
    await world.map('photos-events', 'photos-copier', BATCH_FAILURES);
    await s3.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a b+c.jpg', Body: 'x' }));
    await s3.send(new DeleteObjectCommand({ Bucket: 'photos', Key: 'a b+c.jpg' }));
    await engine.idle();
    expect(seen.map(({ name }) => name)).toEqual(['a b+c.jpg', 'a b+c.jpg']);
    expect(engine.sqs.messages('photos-events')).toEqual([]);
  });
});

describe('A function', () => {
  it('gets messages as Lambda hands them over', async () => {
    const { sqs, engine, seen, urlOf, arnOf } = world;
    await world.queue('shown');
    world.createFunction('shown');
    await world.map('shown', 'shown');
    const { MessageId: id } = await sqs.send(
      new SendMessageCommand({
        QueueUrl: urlOf('shown'),
        MessageBody: '{"name":"shown","show":true}',
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'test' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from('raw') },
        },
      }),
    );
    await engine.idle();
    expect(seen[0]?.record).toEqual({
      messageId: id,
      receiptHandle: expect.any(String),
      body: '{"name":"shown","show":true}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: engine.accountId,
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        kind: { stringValue: 'test', stringListValues: [], binaryListValues: [], dataType: 'String' },
        raw: { binaryValue: 'cmF3', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: arnOf('shown'),
      awsRegion: 'us-east-1',
    });
  });

  it('that fails gets the messages again when they are visible again, and in the end the dead-letter queue does', async () => {
    const { engine, seen, arnOf } = world;
    await world.queue('poison-dead');
    const redrive = JSON.stringify({ deadLetterTargetArn: arnOf('poison-dead'), maxReceiveCount: 3 });
    await world.queue('poison', { RedrivePolicy: redrive, VisibilityTimeout: '120' });
    world.createFunction('poison');
    await world.map('poison', 'poison');
    const before = engine.clock.now();
    await world.send('poison', { name: 'once', throwUntil: 1 });
    await world.send('poison', { name: 'ever', throwUntil: 99 });
    await engine.idle();
    expect(seen.filter(({ name }) => name === 'ever').map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(engine.sqs.messages('poison')).toEqual([]);
    expect(engine.sqs.messages('poison-dead')).toMatchObject([
      { body: '{"name":"ever","throwUntil":99}', deadLetterSource: arnOf('poison') },
    ]);
    expect(engine.clock.now() - before).toBeGreaterThanOrEqual(3 * 120_000);
  });

  it('that is killed has its messages redelivered; while it runs, skipped time takes them away from nobody', async () => {
    const { engine, seen } = world;
    await world.queue('killed', { VisibilityTimeout: '30' });
    world.createFunction('killed');
    await world.map('killed', 'killed');
    await world.send('killed', { name: 'hangs', hangUntil: 1 });
    await world.saw('hangs');
    await engine.clock.sleep(3_600_000);
    await world.send('killed', { name: 'other' });
    await world.saw('other');
    expect(seen.filter(({ name }) => name === 'hangs')).toHaveLength(1);
    // The other one may not have answered yet; it would come again as well.
    expect(engine.lambda.killRunning('killed')).toBeGreaterThan(0);
    await engine.idle();
    expect(seen.filter(({ name }) => name === 'hangs').map(({ count }) => count)).toEqual([1, 2]);
  });

  it('is invoked in the version that the mapping names', async () => {
    const { engine } = world;
    await world.queue('versioned');
    world.createFunction('versioned');
    const version = engine.lambda.publishVersion('versioned');
    const { FunctionArn: arn } = await world.map('versioned', `versioned:${version}`);
    expect(arn).toBe(`arn:aws:lambda:us-east-1:123456789012:function:versioned:${version}`);
    await world.send('versioned', { name: 'versioned' });
    await engine.idle();
    expect(world.seen).toHaveLength(1);
  });
});

describe('What a function with ReportBatchItemFailures answers', () => {
  beforeAll(async () => {
    await world.queue('reports');
    world.createFunction('reports');
    await world.map('reports', 'reports', BATCH_FAILURES);
  });

  it.each([
    ['nothing', null],
    ['an empty object', {}],
    ['an empty list', { batchItemFailures: [] }],
    ['null as list', { batchItemFailures: null }],
  ])('as %s is a success', async (_, answer) => {
    await world.send('reports', { name: 'good', answer });
    await world.engine.idle();
    expect(world.seen.map(({ count }) => count)).toEqual([1]);
  });

  it.each([
    ['its id', { batchItemFailures: [{ itemIdentifier: '$id' }] }],
    ['an id that is not of the batch', { batchItemFailures: [{ itemIdentifier: 'other' }] }],
    ['an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['null as id', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['another key', { batchItemFailures: [{ identifier: '$id' }] }],
    ['no list', { batchItemFailures: 'all' }],
    ['a string', 'all failed'],
    ['a list', ['$id']],
  ])('with %s is a failure', async (_, answer) => {
    await world.send('reports', { name: 'bad', answer });
    await world.engine.idle();
    expect(world.seen.map(({ count }) => count)).toEqual([1, 2]);
  });

  it('lets only those come again that it names, of a batch', async () => {
    await world.queue('partial');
    world.createFunction('partial');
    const { UUID } = await world.map('partial', 'partial', { ...BATCH_FAILURES, Enabled: false });
    for (const name of ['a', 'b', 'c']) await world.send('partial', { name, failUntil: name === 'b' ? 2 : 0 });
    await world.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    await world.engine.idle();
    expect(world.seen.map(({ name, count, of }) => `${name}${count} of ${of}`)).toEqual([
      'a1 of 3',
      'b1 of 3',
      'c1 of 3',
      'b2 of 1',
      'b3 of 1',
    ]);
  });

  it('counts nothing where the mapping does not say so', async () => {
    await world.queue('silent');
    world.createFunction('silent');
    await world.map('silent', 'silent');
    await world.send('silent', { name: 'silent', answer: { batchItemFailures: [{ itemIdentifier: '$id' }] } });
    await world.engine.idle();
    expect(world.seen.map(({ count }) => count)).toEqual([1]);
  });
});

describe('Batches', () => {
  it('hold as many as the mapping says', async () => {
    await world.queue('sized');
    world.createFunction('sized');
    const { UUID } = await world.map('sized', 'sized', { BatchSize: 4, Enabled: false });
    for (let name = 0; name < 10; name += 1) await world.send('sized', { name: String(name) });
    await world.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    await world.engine.idle();
    expect(world.seen.map(({ of }) => of).sort((a, b) => a - b)).toEqual([2, 2, 4, 4, 4, 4, 4, 4, 4, 4]);
  });

  it('are gathered as long as the window says, in the engine’s time', async () => {
    const { engine } = world;
    await world.queue('window');
    world.createFunction('window');
    await world.map('window', 'window', { BatchSize: 100, MaximumBatchingWindowInSeconds: 300 });
    const before = engine.clock.now();
    await world.send('window', { name: 'window' });
    await engine.idle();
    expect(world.seen).toHaveLength(1);
    expect(engine.clock.now() - before).toBeGreaterThanOrEqual(300_000);
  });

  it('wait while as many run as ScalingConfig lets', async () => {
    const { engine, seen } = world;
    await world.queue('scaled');
    world.createFunction('scaled', { reservedConcurrency: 1 });
    const { ScalingConfig } = await world.map('scaled', 'scaled', {
      BatchSize: 1,
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    expect(ScalingConfig).toEqual({ MaximumConcurrency: 2 });
    await world.send('scaled', { name: 'first', hangUntil: 1 });
    await world.send('scaled', { name: 'second' });
    await world.saw('first');
    // The function's own concurrency is one: the second waits, and has not been received.
    expect(engine.sqs.messages('scaled').map(({ receiveCount }) => receiveCount)).toEqual([0, 1]);
    engine.lambda.killRunning('scaled');
    await engine.idle();
    expect(seen.map(({ name, count }) => `${name}${count}`)).toEqual(['first1', 'second1', 'first2']);
  });
});

describe('A mapping', () => {
  it('is described as Lambda describes it, from its creation to its end', async () => {
    const { lambda, arnOf } = world;
    await world.queue('life');
    world.createFunction('life');
    const made = await world.map('life', 'life');
    expect(made).toMatchObject({
      BatchSize: 10,
      MaximumBatchingWindowInSeconds: 0,
      EventSourceArn: arnOf('life'),
      EventSourceMappingArn: `arn:aws:lambda:us-east-1:123456789012:event-source-mapping:${made.UUID}`,
      FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:life',
      FunctionResponseTypes: [],
      LastModified: expect.any(Date),
      State: 'Creating',
      StateTransitionReason: 'USER_INITIATED',
    });
    const { UUID } = made;
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Enabled' });
    expect(
      await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false, BatchSize: 5 })),
    ).toMatchObject({
      State: 'Updating',
      BatchSize: 5,
    });
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Disabled' });
    const { EventSourceMappings: listed } = await lambda.send(
      new ListEventSourceMappingsCommand({ EventSourceArn: arnOf('life') }),
    );
    expect(listed?.map((each) => each.UUID)).toEqual([UUID]);
    expect(await lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).toMatchObject({ State: 'Deleting' });
    await expect(lambda.send(new GetEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'The resource you requested does not exist.',
    });
  });

  it('that is disabled leaves its messages where they are', async () => {
    await world.queue('asleep');
    world.createFunction('asleep');
    await world.map('asleep', 'asleep', { Enabled: false });
    await world.send('asleep', { name: 'asleep' });
    await world.engine.idle();
    expect(world.seen).toEqual([]);
    expect(world.engine.sqs.messages('asleep')).toMatchObject([{ receiveCount: 0 }]);
  });

  it('is listed in pages', async () => {
    const { lambda } = world;
    world.createFunction('paged');
    for (const name of ['paged-1', 'paged-2', 'paged-3']) {
      await world.queue(name);
      await world.map(name, 'paged', { Enabled: false });
    }
    const first = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: 'paged', MaxItems: 2 }));
    const rest = await lambda.send(
      new ListEventSourceMappingsCommand({ FunctionName: 'paged', MaxItems: 2, Marker: first.NextMarker }),
    );
    expect([first.EventSourceMappings?.length, rest.EventSourceMappings?.length, rest.NextMarker]).toEqual([
      2,
      1,
      undefined,
    ]);
  });

  describe('is refused', () => {
    beforeAll(async () => {
      await world.queue('refused');
      await world.queue('quick', { VisibilityTimeout: '5' });
      world.createFunction('refused');
      await world.map('refused', 'refused');
    });

    it.each([
      [
        'of a queue that is not there',
        'absent',
        {},
        /^Error occurred while ReceiveMessage\. SQS Error Code: AWS\.SimpleQueueService\.NonExistentQueue\./,
      ],
      [
        'of a queue that hides messages for less than the function may take',
        'quick',
        {},
        /^Queue visibility timeout: 5 seconds is less than Function timeout: 20 seconds$/,
      ],
      [
        'for the second time',
        'refused',
        {},
        /^An event source mapping with SQS arn .+ already exists\. Please update or delete the existing mapping with UUID /,
      ],
      [
        'with a large batch that nobody waits for',
        'refused',
        { BatchSize: 11 },
        /^Maximum batch window in seconds must be greater than 0/,
      ],
      [
        'with a concurrency of one',
        'refused',
        { ScalingConfig: { MaximumConcurrency: 1 } },
        /greater than or equal to 2$/,
      ],
      ['with a batch of nothing', 'refused', { BatchSize: 0 }, /greater than or equal to 1$/],
      ['with a filter, by name', 'refused', { FilterCriteria: { Filters: [] } }, /does not do FilterCriteria/],
      ['with a position, by name', 'refused', { StartingPosition: 'LATEST' as const }, /does not do StartingPosition/],
    ])('%s', async (_, queue, more, message) => {
      await expect(world.map(queue, 'refused', more)).rejects.toThrow(message);
    });

    it('of a function that is not there, and of another source, by name', async () => {
      await expect(world.map('refused', 'nobody')).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        message: 'Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody',
      });
      const stream = 'arn:aws:kinesis:us-east-1:123456789012:stream/s';
      await expect(world.map('refused', 'refused', { EventSourceArn: stream })).rejects.toThrow(
        `The embedded Lambda does not do event sources but queues of SQS, such as ${stream}.`,
      );
    });
  });
});

describe('Lambda’s poller', () => {
  const role = 'arn:aws:iam::123456789012:role/consumer';

  it('receives and deletes as the function’s role', async () => {
    await world.queue('as-role');
    world.createFunction('as-role', { role });
    await world.map('as-role', 'as-role');
    await world.send('as-role', { name: 'as-role' });
    await world.engine.idle();
    const asked = calls.filter(({ principal }) => principal === role).map(({ action, resource }) => [action, resource]);
    const on = world.arnOf('as-role');
    expect(asked).toEqual([
      ['sqs:ReceiveMessage', on],
      ['sqs:DeleteMessage', on],
      ['sqs:GetQueueAttributes', on],
      ['sqs:ReceiveMessage', on],
      ['sqs:DeleteMessage', on],
    ]);
  });

  it('is not made for a role that may not', async () => {
    await world.queue('no-role');
    world.createFunction('no-role', { role });
    permits = ({ action }) => action !== 'sqs:ReceiveMessage';
    await expect(world.map('no-role', 'no-role')).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'The provided execution role does not have permissions to call ReceiveMessage on SQS',
    });
  });

  it('delivers again what the role may not delete', async () => {
    await world.queue('no-delete');
    world.createFunction('no-delete', { role });
    const { UUID } = await world.map('no-delete', 'no-delete');
    let denials = 0;
    permits = ({ action }) => action !== 'sqs:DeleteMessage' || (denials += 1) > 2;
    await world.send('no-delete', { name: 'no-delete' });
    await world.engine.idle();
    expect(world.seen.map(({ count }) => count)).toEqual([1, 2, 3]);
    const { LastProcessingResult } = await world.lambda.send(new GetEventSourceMappingCommand({ UUID }));
    expect(LastProcessingResult).toBeUndefined();
  });

  it('tries again when SQS throttles it', async () => {
    await world.queue('throttled');
    world.createFunction('throttled');
    await world.map('throttled', 'throttled');
    const fault = world.engine.sqs.faults.add({
      operation: 'ReceiveMessage',
      queue: 'throttled',
      times: 3,
      effect: { error: 'RequestThrottled' },
    });
    await world.send('throttled', { name: 'throttled' });
    await world.engine.idle();
    expect([fault.hits, world.seen.length]).toEqual([3, 1]);
  });
});

describe('Whoever makes mappings', () => {
  it('needs the permission, on the mapping where there is one, and with the function as condition', async () => {
    const keys = { accessKeyId: 'deployer', secretAccessKey: 'secret' };
    world.engine.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/deployer' });
    const lambda = new LambdaClient({ ...world.settings, credentials: keys });
    await world.queue('deployed');
    const FunctionArn = world.createFunction('deployed');
    const { UUID } = await world.map('deployed', 'deployed');
    permits = ({ action }) => action !== 'lambda:DeleteEventSourceMapping';
    await expect(lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: arn:aws:sts::123456789012:assumed-role/deployer/embedded is not authorized to perform: lambda:DeleteEventSourceMapping on resource: arn:aws:lambda:us-east-1:123456789012:event-source-mapping:${UUID} because no identity-based policy allows the lambda:DeleteEventSourceMapping action`,
    });
    expect(calls.at(-1)?.context).toEqual({ 'aws:ResourceAccount': '123456789012', 'lambda:FunctionArn': FunctionArn });
    lambda.destroy();
  });
});

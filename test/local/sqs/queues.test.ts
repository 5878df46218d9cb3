import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { openSqs, type SqsWorld } from './sqs-world.js';

let world: SqsWorld;

beforeAll(async () => {
  world = await openSqs();
});
afterAll(() => world.close());

describe('A queue', () => {
  it('has the defaults of SQS, and its URL is found by its name', async () => {
    const { sqs, urlOf, arnOf } = world;
    const url = await world.make('defaults');
    expect(url).toBe(urlOf('defaults'));
    expect(await sqs.send(new GetQueueUrlCommand({ QueueName: 'defaults' }))).toMatchObject({ QueueUrl: url });
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }));
    expect(Attributes).toEqual({
      QueueArn: arnOf('defaults'),
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesDelayed: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      CreatedTimestamp: expect.stringMatching(/^\d{10}$/),
      LastModifiedTimestamp: expect.stringMatching(/^\d{10}$/),
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      VisibilityTimeout: '30',
      SqsManagedSseEnabled: 'true',
    });
  });

  it('counts its messages: visible, in flight, delayed', async () => {
    const { sqs } = world;
    const QueueUrl = await world.make('counted');
    for (const DelaySeconds of [0, 0, 900])
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm', DelaySeconds }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({
        QueueUrl,
        AttributeNames: [
          'ApproximateNumberOfMessages',
          'ApproximateNumberOfMessagesDelayed',
          'ApproximateNumberOfMessagesNotVisible',
        ],
      }),
    );
    expect(Object.values(Attributes ?? {})).toEqual(['1', '1', '1']);
  });

  it('that is made again is the same one, unless the request says otherwise', async () => {
    const { sqs } = world;
    const url = await world.make('again', { DelaySeconds: '5' });
    expect(await world.make('again', { DelaySeconds: '5' })).toBe(url);
    expect(await world.make('again')).toBe(url);
    await expect(
      sqs.send(new CreateQueueCommand({ QueueName: 'again', Attributes: { DelaySeconds: '6' } })),
    ).rejects.toMatchObject({
      name: 'QueueNameExists',
      message: 'A queue already exists with the same name and a different value for attribute DelaySeconds',
    });
  });

  it('that was deleted is gone, and its name is free after a minute', async () => {
    const { sqs, engine } = world;
    const QueueUrl = await world.make('deleted');
    await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      message: 'The specified queue does not exist.',
    });
    await expect(world.make('deleted')).rejects.toMatchObject({ name: 'QueueDeletedRecently' });
    await engine.clock.sleep(60_000);
    expect(await world.make('deleted')).toBe(QueueUrl);
  });

  it('is emptied at most once a minute', async () => {
    const { sqs, engine } = world;
    const QueueUrl = await world.make('purged');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(engine.sqs.messages('purged')).toEqual([]);
    await expect(sqs.send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
      name: 'PurgeQueueInProgress',
      message: 'Only one PurgeQueue operation on purged is allowed every 60 seconds.',
    });
    await engine.clock.sleep(60_000);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  });

  it('is listed by its prefix, in pages', async () => {
    const { sqs, urlOf } = world;
    for (const name of ['list-b', 'list-a', 'list-c', 'other']) await world.make(name);
    const QueueNamePrefix = 'list-';
    const all = await sqs.send(new ListQueuesCommand({ QueueNamePrefix }));
    expect(all.QueueUrls).toEqual(['list-a', 'list-b', 'list-c'].map(urlOf));
    const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix, MaxResults: 2 }));
    const rest = await sqs.send(new ListQueuesCommand({ QueueNamePrefix, MaxResults: 2, NextToken: first.NextToken }));
    expect([first.QueueUrls, rest.QueueUrls, rest.NextToken]).toEqual([
      ['list-a', 'list-b'].map(urlOf),
      ['list-c'].map(urlOf),
      undefined,
    ]);
  });

  it('has tags', async () => {
    const { sqs } = world;
    const QueueUrl = await world.make('tagged');
    await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { pair: 'photos', team: 'a' } }));
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['team'] }));
    expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ pair: 'photos' });
  });

  it('is set anew, and keeps what is not said', async () => {
    const { sqs } = world;
    const QueueUrl = await world.make('reset', { DelaySeconds: '5' });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '60' } }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['DelaySeconds', 'VisibilityTimeout'] }),
    );
    expect(Attributes).toEqual({ DelaySeconds: '5', VisibilityTimeout: '60' });
  });
});

describe('A dead-letter queue', () => {
  it('has to be there, and to take the letters of that queue', async () => {
    const { sqs, arnOf } = world;
    const redrive = (queue: string) => ({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf(queue), maxReceiveCount: 3 }),
    });
    await expect(world.make('source', redrive('nowhere'))).rejects.toThrow('Dead letter target does not exist.');
    const only = JSON.stringify({ redrivePermission: 'byQueue', sourceQueueArns: [arnOf('friend')] });
    const dead = await world.make('picky', { RedriveAllowPolicy: only });
    await expect(world.make('source', redrive('picky'))).rejects.toThrow('Redrive permission is denied');
    const friend = await world.make('friend', redrive('picky'));
    const { queueUrls } = await sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead }));
    expect(queueUrls).toEqual([friend]);
  });
});

describe('What SQS would not take', () => {
  it.each([
    ['a name with a space', 'a b', {}, 'InvalidParameterValue', /1 to 80 in length$/],
    ['an unknown attribute', 'bad', { Color: 'red' }, 'InvalidAttributeName', /^Unknown Attribute Color\.$/],
    [
      'a delay of more than a quarter of an hour',
      'bad',
      { DelaySeconds: '901' },
      'InvalidAttributeValue',
      /DelaySeconds/,
    ],
    [
      'a retention of less than a minute',
      'bad',
      { MessageRetentionPeriod: '59' },
      'InvalidAttributeValue',
      /MessageRetentionPeriod/,
    ],
    [
      'messages of more than 1 MiB',
      'bad',
      { MaximumMessageSize: '1048577' },
      'InvalidAttributeValue',
      /MaximumMessageSize/,
    ],
    ['words for a number', 'bad', { VisibilityTimeout: 'long' }, 'InvalidAttributeValue', /VisibilityTimeout/],
    ['a policy that is no JSON', 'bad', { Policy: 'no' }, 'InvalidAttributeValue', /not valid JSON/],
    [
      'a redrive policy that is no JSON',
      'bad',
      { RedrivePolicy: 'no' },
      'InvalidParameterValue',
      /not a valid JSON map/,
    ],
    [
      'a redrive without a count',
      'bad',
      { RedrivePolicy: '{"deadLetterTargetArn":"x"}' },
      'InvalidParameterValue',
      /mandatory attribute: maxReceiveCount/,
    ],
    [
      'a count of a thousand and one',
      'bad',
      { RedrivePolicy: '{"deadLetterTargetArn":"x","maxReceiveCount":1001}' },
      'InvalidParameterValue',
      /from 1 to 1000 both inclusive/,
    ],
    [
      'a redrive permission of nobody’s',
      'bad',
      { RedriveAllowPolicy: '{"redrivePermission":"some"}' },
      'InvalidParameterValue',
      /redrivePermission/,
    ],
  ])('%s is refused', async (_, name, attributes, code, message) => {
    await expect(world.make(name, attributes)).rejects.toMatchObject({
      name: code,
      message: expect.stringMatching(message),
    });
  });
});

describe('What the embedded SQS does not do is refused by name', () => {
  it.each([
    ['FIFO queues', 'ordered.fifo', { FifoQueue: 'true' }, 'The embedded SQS does not do FIFO queues.'],
    [
      'keys of KMS',
      'keyed',
      { KmsMasterKeyId: 'alias/aws/sqs' },
      'The embedded SQS does not do queues that are encrypted with keys of KMS.',
    ],
    [
      'what a policy may have beside',
      'policy',
      {
        Policy: JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: '*', NotAction: 'sqs:*', Resource: '*' }] }),
      },
      /does not do NotAction in a policy/,
    ],
  ])('%s', async (_, name, attributes, message) => {
    await expect(world.make(name, attributes)).rejects.toThrow(message);
  });

  it('move tasks', async () => {
    await expect(world.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: 'x' }))).rejects.toMatchObject({
      name: 'UnknownOperationException',
      message: 'The embedded SQS does not do StartMessageMoveTask.',
    });
  });

  it('the Query protocol, of older clients', async () => {
    const response = await fetch(world.engine.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20261126/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0',
      },
      body: 'Action=ListQueues&Version=2012-11-05',
    });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining('<Code>InvalidAction</Code><Message>The embedded SQS speaks the AWS JSON protocol'),
    ]);
  });
});

describe('Whatever is sent to SQS', () => {
  it('is answered, with JSON', async () => {
    const { engine } = world;
    await world.make('fuzzed');
    const caller = { principal: 'p', arn: 'a', account: engine.accountId, userId: 'u' };
    const operations = [
      'CreateQueue',
      'SendMessage',
      'SendMessageBatch',
      'DeleteMessageBatch',
      'SetQueueAttributes',
      'ReceiveMessage',
      'ListQueues',
      'ChangeMessageVisibility',
    ];
    const members = fc.dictionary(
      fc.constantFrom(
        'QueueName',
        'Attributes',
        'MessageBody',
        'Entries',
        'ReceiptHandle',
        'VisibilityTimeout',
        'MessageAttributes',
        'NextToken',
        'MaxResults',
        'AttributeNames',
      ),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...operations), members, async (operation, given) => {
        const input = { QueueUrl: world.urlOf('fuzzed'), ...given };
        const { status, body } = await engine.sqs.handle(operation, JSON.stringify(input), caller);
        expect([200, 400]).toContain(status);
        expect(JSON.parse(body)).toBeInstanceOf(Object);
      }),
      { numRuns: 300 },
    );
  });
});

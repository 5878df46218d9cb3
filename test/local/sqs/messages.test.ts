import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AwsCall } from '../../../local/access/aws-call.js';
import { realClock } from '../../../local/clock.js';
import { openSqs, type SqsWorld } from './sqs-world.js';

let world: SqsWorld;
let permits = (_call: AwsCall): boolean => true;

beforeAll(async () => {
  world = await openSqs({ access: { permits: (call) => permits(call) } });
});
afterAll(() => world.close());

const send = (QueueUrl: string, MessageBody: string, more: Partial<SendMessageCommandInput> = {}) =>
  world.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));

async function receive(QueueUrl: string, more: Partial<ReceiveMessageCommandInput> = {}) {
  const { Messages = [] } = await world.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more }),
  );
  return Messages;
}

describe('A message', () => {
  it('is received with what it was sent with, as far as it is asked for', async () => {
    const url = await world.make('whole');
    const attributes = {
      'photo.kind': { DataType: 'String', StringValue: 'thumb' },
      'photo.size': { DataType: 'Number', StringValue: '12' },
      raw: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2, 3]) },
    };
    const sent = await send(url, 'hällo', {
      MessageAttributes: attributes,
      MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1-2-3' } },
    });
    const [all] = await receive(url, {
      VisibilityTimeout: 0,
      MessageAttributeNames: ['All'],
      MessageSystemAttributeNames: ['All'],
    });
    expect(all).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'hällo',
      MD5OfBody: sent.MD5OfMessageBody,
      MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
      MessageAttributes: {
        'photo.kind': { DataType: 'String', StringValue: 'thumb' },
        raw: { DataType: 'Binary', BinaryValue: new Uint8Array([1, 2, 3]) },
      },
      Attributes: {
        SenderId: '123456789012',
        ApproximateReceiveCount: '1',
        AWSTraceHeader: 'Root=1-2-3',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
    });
    const [some] = await receive(url, {
      VisibilityTimeout: 0,
      MessageAttributeNames: ['photo.*'],
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    expect(Object.keys(some?.MessageAttributes ?? {})).toEqual(['photo.kind', 'photo.size']);
    expect(some?.Attributes).toEqual({ ApproximateReceiveCount: '2' });
    const [none] = await receive(url);
    expect([none?.MessageAttributes, none?.Attributes]).toEqual([undefined, undefined]);
  });

  it('has the MD5s that SQS makes of it', async () => {
    const url = await world.make('digests');
    const sent = await send(url, 'This is a test message', {
      MessageAttributes: { name: { DataType: 'String', StringValue: 'value' } },
    });
    // Of the bytes 00000004 name 00000006 String 01 00000005 value.
    expect([sent.MD5OfMessageBody, sent.MD5OfMessageAttributes]).toEqual([
      'fafb00f5732ab283681e124bf8747ed1',
      '25ada41cad9d6e55ad5a2b3d2da508a2',
    ]);
  });

  it('that is received is hidden until its time is over, and counts how often it was', async () => {
    const url = await world.make('hidden', { VisibilityTimeout: '60' });
    await send(url, 'm');
    const [first] = await receive(url);
    expect(await receive(url)).toEqual([]);
    await world.engine.clock.sleep(60_000);
    const [second] = await receive(url, { AttributeNames: ['All'] });
    expect(second?.Attributes).toMatchObject({ ApproximateReceiveCount: '2' });
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  });

  it('comes late where it was delayed', async () => {
    const url = await world.make('delayed');
    await send(url, 'm', { DelaySeconds: 900 });
    expect(await receive(url)).toEqual([]);
    await world.engine.clock.sleep(900_000);
    expect(await receive(url)).toHaveLength(1);
  });

  it('is gone when it has been kept as long as the queue keeps messages', async () => {
    const url = await world.make('kept', { MessageRetentionPeriod: '60' });
    await send(url, 'm');
    await world.engine.clock.sleep(60_000);
    expect(await receive(url)).toEqual([]);
  });

  it('is deleted by its receipt handle; again is no error', async () => {
    const url = await world.make('deleting', { VisibilityTimeout: '60' });
    await send(url, 'm');
    const [{ ReceiptHandle } = { ReceiptHandle: '' }] = await receive(url);
    await world.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    await world.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    expect(world.engine.sqs.messages('deleting')).toEqual([]);
  });

  it('is visible again at once, or later than it would be, as its consumer says', async () => {
    const url = await world.make('changed', { VisibilityTimeout: '60' });
    await send(url, 'm');
    const change = (ReceiptHandle: string | undefined, VisibilityTimeout: number) =>
      world.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout }));
    const [first] = await receive(url);
    await change(first?.ReceiptHandle, 0);
    const [second] = await receive(url);
    await change(second?.ReceiptHandle, 600);
    await world.engine.clock.sleep(599_000);
    expect(await receive(url)).toEqual([]);
    await world.engine.clock.sleep(1000);
    expect(await receive(url)).toHaveLength(1);
  });

  it('goes to the dead-letter queue when it would be received too often, as old as it was', async () => {
    const dead = await world.make('dead');
    const redrive = JSON.stringify({ deadLetterTargetArn: world.arnOf('dead'), maxReceiveCount: 2 });
    const url = await world.make('alive', { RedrivePolicy: redrive, VisibilityTimeout: '0' });
    const { MessageId } = await send(url, 'm');
    const MessageSystemAttributeNames: ['All'] = ['All'];
    const [first] = await receive(url, { MessageSystemAttributeNames });
    expect(await receive(url)).toHaveLength(1);
    await world.engine.clock.sleep(60_000);
    expect(await receive(url)).toEqual([]);
    expect(await receive(dead, { MessageSystemAttributeNames })).toMatchObject([
      {
        MessageId,
        Body: 'm',
        Attributes: {
          DeadLetterQueueSourceArn: world.arnOf('alive'),
          SentTimestamp: first?.Attributes?.['SentTimestamp'],
        },
      },
    ]);
  });
});

describe('Long polling', () => {
  it('ends when a message comes', async () => {
    const patient = await openSqs({ clock: realClock });
    const QueueUrl = await patient.make('polled', { ReceiveMessageWaitTimeSeconds: '20' });
    const waiting = patient.sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    await patient.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'm' }));
    expect((await waiting).Messages).toHaveLength(1);
    await patient.close();
  });

  it('ends without one when its time is over', async () => {
    const url = await world.make('silent');
    const before = world.engine.clock.now();
    expect(await receive(url, { WaitTimeSeconds: 20 })).toEqual([]);
    expect(world.engine.clock.now() - before).toBeGreaterThanOrEqual(20_000);
  });

  it('ends when a message is visible again', async () => {
    const url = await world.make('returning', { VisibilityTimeout: '10' });
    await send(url, 'm');
    await receive(url);
    expect(await receive(url, { WaitTimeSeconds: 20 })).toHaveLength(1);
  });

  it('leaves the message to others when the caller has hung up', async () => {
    const patient = await openSqs({ clock: realClock });
    await patient.make('left');
    const gone = new AbortController();
    const caller = { principal: 'p', arn: 'a', account: '123456789012', userId: 'u' };
    const body = JSON.stringify({ QueueUrl: patient.urlOf('left'), WaitTimeSeconds: 20 });
    const waiting = patient.engine.sqs.handle('ReceiveMessage', body, caller, gone.signal);
    gone.abort();
    expect(await waiting).toMatchObject({ status: 200, body: '{}' });
    await patient.sqs.send(new SendMessageCommand({ QueueUrl: patient.urlOf('left'), MessageBody: 'm' }));
    expect(patient.engine.sqs.messages('left')).toMatchObject([{ receiveCount: 0 }]);
    await patient.close();
  });
});

describe('A batch', () => {
  it('is answered for each entry by itself', async () => {
    const url = await world.make('batch');
    const sent = await world.sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'good', MessageBody: 'm' },
          { Id: 'bad', MessageBody: 'm\u0000' },
          { Id: 'late', MessageBody: 'm', DelaySeconds: 901 },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(sent.Failed).toMatchObject([
      {
        Id: 'bad',
        SenderFault: true,
        Code: 'InvalidMessageContents',
        Message: expect.stringMatching(/^Invalid binary character '#x0'/),
      },
      {
        Id: 'late',
        SenderFault: true,
        Code: 'InvalidParameterValue',
        Message: expect.stringMatching(/^Value 901 for parameter DelaySeconds is invalid/),
      },
    ]);
    const [message] = await receive(url);
    const changed = await world.sqs.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'a', ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 100 },
          { Id: 'b', ReceiptHandle: 'none', VisibilityTimeout: 1 },
        ],
      }),
    );
    expect([changed.Successful, changed.Failed]).toMatchObject([
      [{ Id: 'a' }],
      [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }],
    ]);
    const deleted = await world.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl: url,
        Entries: [
          { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
          { Id: 'b', ReceiptHandle: 'none' },
        ],
      }),
    );
    expect([deleted.Successful, deleted.Failed]).toMatchObject([
      [{ Id: 'a' }],
      [{ Id: 'b', Code: 'ReceiptHandleIsInvalid' }],
    ]);
    expect(world.engine.sqs.messages('batch')).toEqual([]);
  });

  const entries = (count: number, body = 'm') =>
    Array.from({ length: count }, (_, index) => ({ Id: String(index), MessageBody: body }));

  it.each([
    ['nothing', [], 'EmptyBatchRequest', /at least one/],
    [
      'eleven',
      entries(11),
      'TooManyEntriesInBatchRequest',
      /^Maximum number of entries per request are 10\. You have sent 11\.$/,
    ],
    ['two of one id', [...entries(1), ...entries(1)], 'BatchEntryIdsNotDistinct', /^Id 0 repeated\.$/],
    [
      'an id with a space',
      [{ Id: 'a b', MessageBody: 'm' }],
      'InvalidBatchEntryId',
      /^A batch entry id can only contain/,
    ],
    [
      'more than 1 MiB together',
      entries(2, 'x'.repeat(600_000)),
      'BatchRequestTooLong',
      /^Batch requests cannot be longer than 1048576 bytes\. You have sent 1200000 bytes\.$/,
    ],
  ])('of %s is refused as a whole', async (_, Entries, name, message) => {
    const url = await world.make('batch');
    await expect(world.sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }))).rejects.toMatchObject({
      name,
      message: expect.stringMatching(message),
    });
  });
});

describe('What SQS would not take', () => {
  const attribute = (DataType: string, StringValue: string) => ({
    MessageAttributes: { name: { DataType, StringValue } },
  });

  it.each([
    [
      'a message that is longer than the queue takes',
      'x'.repeat(1025),
      {},
      /^One or more parameters are invalid\. Reason: Message must be shorter than 1024 bytes\.$/,
    ],
    [
      'an attribute without a value',
      'm',
      attribute('String', ''),
      /^Message \(user\) attribute 'name' must contain a non-empty value of type 'String'\.$/,
    ],
    ['an attribute of no type', 'm', attribute('Text', 'x'), /has an invalid message attribute type/],
    ['a number that is none', 'm', attribute('Number', 'x'), /to a number\.$/],
    [
      'an attribute that is called as AWS’s are',
      'm',
      { MessageAttributes: { 'AWS.x': { DataType: 'String', StringValue: 'x' } } },
      /attribute name 'AWS\.x' is invalid/,
    ],
    ['a deduplication id, in a standard queue', 'm', { MessageDeduplicationId: 'x' }, /not valid for this queue type/],
    ['a message group, by name', 'm', { MessageGroupId: 'x' }, /^The embedded SQS does not do MessageGroupId\.$/],
  ])('%s is refused', async (_, body, more, message) => {
    const url = await world.make('small', { MaximumMessageSize: '1024' });
    await expect(send(url, body, more)).rejects.toThrow(message);
  });

  it.each([
    [
      'WaitTimeSeconds',
      { WaitTimeSeconds: 21 },
      'Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided.',
    ],
    [
      'MaxNumberOfMessages',
      { MaxNumberOfMessages: 11 },
      'Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.',
    ],
    ['attributes', { AttributeNames: ['Color' as never] }, 'Unknown Attribute Color.'],
  ])('a receive with odd %s is refused', async (_, more, message) => {
    const url = await world.make('received');
    await expect(receive(url, more)).rejects.toMatchObject({ message });
  });

  it('a handle that SQS never gave, or gave for another queue, is refused', async () => {
    const url = await world.make('handles');
    const other = await world.make('other-handles');
    await send(other, 'm');
    const [{ ReceiptHandle } = { ReceiptHandle: '' }] = await receive(other);
    for (const handle of ['garbage', ReceiptHandle])
      await expect(
        world.sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: handle })),
      ).rejects.toMatchObject({ name: 'ReceiptHandleIsInvalid', message: 'The input receipt handle is invalid.' });
  });

  it('the visibility of a message that is not in flight is refused to be changed', async () => {
    const url = await world.make('not-in-flight', { VisibilityTimeout: '0' });
    await send(url, 'm');
    const [{ ReceiptHandle } = { ReceiptHandle: '' }] = await receive(url);
    await expect(
      world.sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle, VisibilityTimeout: 1 })),
    ).rejects.toThrow(/Message does not exist or is not available for visibility timeout change\.$/);
  });

  it('is told with the code of the Query protocol beside', async () => {
    await expect(world.sqs.send(new GetQueueUrlCommand({ QueueName: 'nowhere' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
      Error: { Type: 'Sender', Code: 'AWS.SimpleQueueService.NonExistentQueue' },
    });
  });
});

describe('Whoever calls', () => {
  it('needs the permission of the call, of a batch that of one', async () => {
    const keys = { accessKeyId: 'sender', secretAccessKey: 'secret' };
    world.engine.identities.add({ ...keys, principalArn: 'arn:aws:iam::123456789012:role/sender' });
    const sqs = new SQSClient({ ...world.settings, credentials: keys });
    const url = await world.make('guarded');
    const asked: string[] = [];
    permits = ({ action, resource }) => {
      asked.push(`${action} ${resource}`);
      return action !== 'sqs:SendMessage';
    };
    await expect(
      sqs.send(new SendMessageBatchCommand({ QueueUrl: url, Entries: [{ Id: 'a', MessageBody: 'm' }] })),
    ).rejects.toMatchObject({
      name: 'AccessDenied',
      message: `User: arn:aws:sts::123456789012:assumed-role/sender/embedded is not authorized to perform: sqs:sendmessage on resource: ${world.arnOf('guarded')} because no identity-based policy allows the sqs:sendmessage action`,
    });
    expect(asked).toEqual([`sqs:SendMessage ${world.arnOf('guarded')}`]);
    permits = () => true;
    await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: 'm' }));
    const [message] = await receive(url, { MessageSystemAttributeNames: ['SenderId'] });
    expect(message?.Attributes?.['SenderId']).toMatch(/^AROA[0-9A-F]{17}:embedded$/);
    sqs.destroy();
  });
});

describe('A fault', () => {
  it('throttles calls, doubles messages, or puts them elsewhere in the queue', async () => {
    const { engine } = world;
    const url = await world.make('faulty');
    engine.sqs.faults.add({
      operation: 'SendMessage',
      queue: 'faulty',
      times: 1,
      effect: { error: 'RequestThrottled' },
    });
    await expect(send(url, 'm')).rejects.toMatchObject({ name: 'RequestThrottled' });
    engine.sqs.faults.add({ queue: 'faulty', body: (body) => body === 'twice', times: 1, effect: { duplicate: 1 } });
    await send(url, 'twice');
    expect(engine.sqs.messages('faulty').map(({ body }) => body)).toEqual(['twice', 'twice']);
    engine.sqs.faults.add({ queue: 'faulty', effect: { reorder: true } });
    for (let index = 0; index < 10; index += 1) await send(url, String(index));
    const bodies = engine.sqs.messages('faulty').map(({ body }) => body);
    expect([...bodies].sort()).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'twice', 'twice']);
    expect(bodies).not.toEqual(['twice', 'twice', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    engine.sqs.faults.clear();
  });
});

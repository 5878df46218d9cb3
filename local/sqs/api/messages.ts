import type { Caller } from '../../access/principals.js';
import {
  type MessageAttributes,
  chosenAttributes,
  md5OfAttributes,
  readMessageAttributes,
  sizeOfAttributes,
} from '../message-attributes.js';
import type { MessageDraft } from '../message.js';
import type { Queue, Received } from '../queue.js';
import { SqsError, invalidValue, missing, notDone } from '../sqs-error.js';
import type { SqsState } from '../sqs-state.js';
import { answerEach, readEntries } from './batch.js';
import { type Members, asMembers, numberOf, refuseOthers, requiredText, textOf, textsOf } from './request.js';

export function sendMessage(state: SqsState, members: Members, caller: Caller): object {
  refuseOthers(members, ['QueueUrl', ...DRAFT]);
  const queue = state.queueOf(members);
  return send(state, queue, members, caller);
}

/** Each entry by itself, but for their size: that counts together. */
export function sendMessageBatch(state: SqsState, members: Members, caller: Caller): object {
  refuseOthers(members, ['QueueUrl', 'Entries']);
  const queue = state.queueOf(members);
  const entries = readEntries(members);
  const bytes = entries.reduce(
    (sum, { members: { MessageBody: body } }) => sum + (typeof body === 'string' ? Buffer.byteLength(body) : 0),
    0,
  );
  if (bytes > MAX_BYTES)
    throw new SqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
  return answerEach(entries, (entry) => {
    refuseOthers(entry, ['Id', ...DRAFT]);
    return send(state, queue, entry, caller);
  });
}

/** Waits for messages where none is visible, as long as the request or the queue says. */
export async function receiveMessage(
  state: SqsState,
  members: Members,
  _caller: Caller,
  gone: AbortSignal,
): Promise<object> {
  refuseOthers(members, [
    'QueueUrl',
    'AttributeNames',
    'MessageSystemAttributeNames',
    'MessageAttributeNames',
    'MaxNumberOfMessages',
    'VisibilityTimeout',
    'WaitTimeSeconds',
  ]);
  const queue = state.queueOf(members);
  const max = numberOf(members, 'MaxNumberOfMessages', [1, 10]) ?? 1;
  const visibilityTimeout = numberOf(members, 'VisibilityTimeout', TIMEOUT, TIMEOUT_REASON);
  const wait = numberOf(members, 'WaitTimeSeconds', [0, 20], 'Must be >= 0 and <= 20, if provided.');
  const systemNames = [...textsOf(members, 'AttributeNames'), ...textsOf(members, 'MessageSystemAttributeNames')];
  const unknown = systemNames.find((name) => !SYSTEM_ATTRIBUTES.has(name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const names = textsOf(members, 'MessageAttributeNames');
  const received = await state.receive(
    queue,
    { max, visibilityTimeout },
    wait ?? queue.settings.receiveMessageWaitTimeSeconds,
    gone,
  );
  if (received.length === 0) return {};
  return { Messages: received.map((each) => described(each, systemNames, names)) };
}

export function deleteMessage(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'ReceiptHandle']);
  state.queueOf(members).delete(requiredText(members, 'ReceiptHandle'));
  return {};
}

export function deleteMessageBatch(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'Entries']);
  const queue = state.queueOf(members);
  return answerEach(readEntries(members), (entry) => {
    queue.delete(requiredText(entry, 'ReceiptHandle'));
    return {};
  });
}

export function changeMessageVisibility(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'ReceiptHandle', 'VisibilityTimeout']);
  change(state.queueOf(members), members);
  return {};
}

export function changeMessageVisibilityBatch(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'Entries']);
  const queue = state.queueOf(members);
  return answerEach(readEntries(members), (entry) => {
    change(queue, entry);
    return {};
  });
}

function change(queue: Queue, members: Members): void {
  const handle = requiredText(members, 'ReceiptHandle');
  const timeout = numberOf(members, 'VisibilityTimeout', TIMEOUT, TIMEOUT_REASON);
  if (timeout === undefined) throw missing('VisibilityTimeout');
  queue.changeVisibility(handle, timeout);
}

function send(state: SqsState, queue: Queue, members: Members, caller: Caller): object {
  const draft = readDraft(queue, members, caller);
  const delay = numberOf(members, 'DelaySeconds', [0, 900], 'DelaySeconds must be >= 0 and <= 900.');
  const message = state.send(queue, draft, delay);
  return {
    MessageId: message.id,
    MD5OfMessageBody: message.md5OfBody,
    ...(message.md5OfAttributes !== undefined && { MD5OfMessageAttributes: message.md5OfAttributes }),
    ...md5OfSystemAttributes(draft.traceHeader),
  };
}

function readDraft(queue: Queue, members: Members, caller: Caller): MessageDraft {
  for (const name of ['MessageDeduplicationId', 'MessageGroupId'])
    if (textOf(members, name) !== undefined)
      throw name === 'MessageGroupId'
        ? notDone('MessageGroupId')
        : invalidValue(members[name], name, 'The request include parameter that is not valid for this queue type.');
  const body = requiredText(members, 'MessageBody');
  if (body === '') throw missing('MessageBody');
  checkCharacters(body);
  const attributes = readMessageAttributes(members['MessageAttributes']);
  const limit = queue.settings.maximumMessageSize;
  if (Buffer.byteLength(body) + sizeOfAttributes(attributes) > limit)
    throw new SqsError(
      'InvalidParameterValueException',
      `One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`,
    );
  return { body, attributes, traceHeader: traceHeaderOf(members), senderId: caller.userId };
}

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
function checkCharacters(body: string): void {
  // oxlint-disable-next-line no-control-regex -- the characters that XML 1.0 has not
  const found = /[\0-\x08\v\f\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/u.exec(body)?.[0];
  if (found !== undefined)
    throw new SqsError(
      'InvalidMessageContents',
      `Invalid binary character '#x${found.codePointAt(0)?.toString(16)}' was found in the message body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF`,
    );
}

/** X-Ray's header is the only one that there is. */
function traceHeaderOf(members: Members): string | undefined {
  const given = members['MessageSystemAttributes'];
  if (given === undefined || given === null) return undefined;
  for (const [name, value] of Object.entries(asMembers(given, 'MessageSystemAttributes'))) {
    const { DataType: type, StringValue: text } = asMembers(value, name);
    if (name !== 'AWSTraceHeader')
      throw invalidValue(
        name,
        'MessageSystemAttributes',
        'The only system attribute that can be sent is AWSTraceHeader.',
      );
    if (type !== 'String' || typeof text !== 'string' || text === '')
      throw invalidValue(name, 'MessageSystemAttributes', 'AWSTraceHeader must be a String with a value.');
    return text;
  }
  return undefined;
}

function md5OfSystemAttributes(traceHeader: string | undefined): { MD5OfMessageSystemAttributes?: string } {
  if (traceHeader === undefined) return {};
  const attributes: MessageAttributes = { AWSTraceHeader: { DataType: 'String', StringValue: traceHeader } };
  return { MD5OfMessageSystemAttributes: md5OfAttributes(attributes) };
}

function described(
  { message, receiptHandle, attributes }: Received,
  systemNames: readonly string[],
  names: readonly string[],
): object {
  const system = Object.entries(attributes).filter(
    ([name]) => systemNames.includes(name) || systemNames.includes('All'),
  );
  const own = chosenAttributes(message.attributes, names);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(system.length > 0 && { Attributes: Object.fromEntries(system) }),
    ...(own && { MessageAttributes: own, MD5OfMessageAttributes: md5OfAttributes(own) }),
  };
}

const DRAFT = [
  'MessageBody',
  'DelaySeconds',
  'MessageAttributes',
  'MessageSystemAttributes',
  'MessageDeduplicationId',
  'MessageGroupId',
];

/** Names that a receiver may ask for; those of FIFO queues are never there. */
const SYSTEM_ATTRIBUTES = new Set([
  'All',
  'AWSTraceHeader',
  'ApproximateFirstReceiveTimestamp',
  'ApproximateReceiveCount',
  'DeadLetterQueueSourceArn',
  'MessageDeduplicationId',
  'MessageGroupId',
  'SenderId',
  'SentTimestamp',
  'SequenceNumber',
]);

/** Of a batch, and of a message at most. */
const MAX_BYTES = 1_048_576;
const TIMEOUT = [0, 43_200] as const;
const TIMEOUT_REASON = 'VisibilityTimeout must be an integer between 0 and 43200.';

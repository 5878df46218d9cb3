import { createHash } from 'node:crypto';
import { type MessageAttributes, md5OfAttributes } from './message-attributes.js';

/** What is sent. */
export interface MessageDraft {
  body: string;
  attributes?: MessageAttributes | undefined;
  /** Of X-Ray, as it was sent. */
  traceHeader?: string | undefined;
  /** The unique id of whoever sent it. */
  senderId: string;
}

/** A message in a queue. Times in milliseconds since the epoch. */
export interface Message extends MessageDraft {
  readonly id: string;
  readonly md5OfBody: string;
  readonly md5OfAttributes: string | undefined;
  /** When it was first sent: a move to a dead-letter queue does not change it. */
  readonly sentAt: number;
  receiveCount: number;
  firstReceivedAt: number | undefined;
  /** Nobody receives it before. */
  visibleAt: number;
  /** Of all times that it was received. */
  receipts: string[];
  /** A consumer of the engine's own has it, and is not done: on a clock that skips, time does not take it away. */
  held: boolean;
  /** ARN of the queue that it comes from, in a dead-letter queue. */
  deadLetterSource?: string;
}

export const md5 = (text: string) => createHash('md5').update(text).digest('hex');

export function newMessage(id: string, draft: MessageDraft, sentAt: number, delayMs: number): Message {
  return {
    ...draft,
    id,
    md5OfBody: md5(draft.body),
    md5OfAttributes: draft.attributes && md5OfAttributes(draft.attributes),
    sentAt,
    receiveCount: 0,
    firstReceivedAt: undefined,
    visibleAt: sentAt + delayMs,
    receipts: [],
    held: false,
  };
}

/** What SQS keeps of a message beside its body, by the names of `MessageSystemAttributeNames`. */
export function systemAttributes(message: Message): Record<string, string> {
  return {
    SenderId: message.senderId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt ?? 0),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    ...(message.traceHeader !== undefined && { AWSTraceHeader: message.traceHeader }),
    ...(message.deadLetterSource !== undefined && { DeadLetterQueueSourceArn: message.deadLetterSource }),
  };
}

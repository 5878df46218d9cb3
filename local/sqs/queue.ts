import { randomUUID } from 'node:crypto';
import type { Alarms } from '../alarms.js';
import type { Clock } from '../clock.js';
import { type Message, type MessageDraft, newMessage, systemAttributes } from './message.js';
import type { QueueSettings } from './queue-attributes.js';
import type { ReceiptHandles } from './receipt-handles.js';
import { SqsError, invalidValue } from './sqs-error.js';

/** What queues share. */
export interface QueueWorld {
  clock: Clock;
  alarms: Alarms;
  handles: ReceiptHandles;
  /** The queue that dead letters go to; undefined where it is gone. */
  deadLetters(arn: string): Queue | undefined;
  /** Messages have gone, or come. */
  changed(): void;
}

export interface ReceiveOptions {
  max: number;
  /** Seconds; the queue's unless given. */
  visibilityTimeout?: number | undefined;
  /** A consumer of the engine's own: the messages are not taken from it by time that is skipped, until it lets go. */
  hold?: boolean;
  /** Those beyond stay, but for the first: bytes of bodies and attributes. */
  maxBytes?: number;
}

/** A message as one consumer has it. */
export interface Received {
  message: Message;
  receiptHandle: string;
  /** As they are now: by the names of `MessageSystemAttributeNames`. */
  attributes: Record<string, string>;
}

/** A standard queue: messages that are visible, in the order in which they became it, and those that are not yet or not now. */
export class Queue {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  settings: QueueSettings;
  modifiedAt: number;
  tags = new Map<string, string>();
  /** When it was last emptied. */
  purgedAt = -Infinity;
  readonly #world: QueueWorld;
  #visible: Message[] = [];
  readonly #hidden = new Set<Message>();
  readonly #receipts = new Map<string, Message>();
  readonly #watchers = new Set<() => void>();
  #alarm = NO_ALARM;

  constructor(name: string, arn: string, settings: QueueSettings, world: QueueWorld) {
    this.name = name;
    this.arn = arn;
    this.settings = settings;
    this.#world = world;
    this.createdAt = world.clock.now();
    this.modifiedAt = this.createdAt;
  }

  /** All messages, visible ones first. */
  get messages(): readonly Message[] {
    this.#settle();
    return [...this.#visible, ...this.#hidden];
  }

  get size(): number {
    return this.#visible.length + this.#hidden.size;
  }

  /** Messages that can be received now. */
  get visible(): number {
    this.#settle();
    return this.#visible.length;
  }

  get counts(): { visible: number; inFlight: number; delayed: number } {
    this.#settle();
    const inFlight = [...this.#hidden].filter(({ receipts }) => receipts.length > 0).length;
    return { visible: this.#visible.length, inFlight, delayed: this.#hidden.size - inFlight };
  }

  /** @param place where among the visible ones it comes, from 0 (first) to 1 (last) */
  send(draft: MessageDraft, delaySeconds = this.settings.delaySeconds, place = 1): Message {
    const message = newMessage(randomUUID(), draft, this.#world.clock.now(), delaySeconds * 1000);
    this.#add(message, place);
    return message;
  }

  /** Takes a message of another queue in as it is. */
  takeIn(message: Message, sourceArn: string): void {
    this.#add({
      ...message,
      receipts: [],
      held: false,
      deadLetterSource: sourceArn,
      visibleAt: this.#world.clock.now(),
    });
  }

  /** Messages that have been received too often go where dead letters go. @throws SqsError `OverLimit` */
  receive({
    max,
    visibilityTimeout = this.settings.visibilityTimeout,
    hold = false,
    maxBytes = Infinity,
  }: ReceiveOptions): Received[] {
    this.#settle();
    if (this.#hidden.size >= MAX_IN_FLIGHT && this.counts.inFlight >= MAX_IN_FLIGHT)
      throw new SqsError('OverLimit', `Too many messages in flight for queue ${this.name}: ${MAX_IN_FLIGHT}.`);
    const received: Received[] = [];
    let bytes = 0;
    while (received.length < max) {
      const [message] = this.#visible;
      if (!message) break;
      if (this.#bury(message)) continue;
      bytes += Buffer.byteLength(message.body);
      if (received.length > 0 && bytes > maxBytes) break;
      this.#visible.shift();
      received.push(this.#handOut(message, visibilityTimeout * 1000, hold));
    }
    this.#arm();
    return received;
  }

  /** Deleting what is not there any more is no error. @throws SqsError `ReceiptHandleIsInvalid` */
  delete(handle: string): void {
    const message = this.#received(handle);
    if (message) this.#remove(message);
  }

  /** @param seconds from now; 0 makes it visible at once */
  changeVisibility(handle: string, seconds: number): void {
    this.#settle();
    const message = this.#received(handle);
    if (!message || !this.#hidden.has(message))
      throw invalidValue(
        handle,
        'ReceiptHandle',
        'Message does not exist or is not available for visibility timeout change.',
      );
    message.visibleAt = this.#world.clock.now() + seconds * 1000;
    this.#settle();
    this.#arm();
  }

  /** The consumer of a held message is done with it, or gone: it is visible again when its time is over. */
  letGo(message: Message): void {
    message.held = false;
    if (this.#hidden.has(message)) this.#arm();
  }

  purge(): void {
    this.#visible = [];
    this.#hidden.clear();
    this.#receipts.clear();
    this.purgedAt = this.#world.clock.now();
    this.#arm();
    this.#world.changed();
  }

  /** Calls `wake` whenever something may be received, also when a visibility timeout or a delay is over. @returns takes it back */
  watch(wake: () => void): () => void {
    this.#watchers.add(wake);
    this.#arm();
    return () => {
      this.#watchers.delete(wake);
      this.#arm();
    };
  }

  /** Nobody waits for messages here any more. */
  close(): void {
    this.#watchers.clear();
    this.#arm();
  }

  #add(message: Message, place = 1): void {
    if (message.visibleAt > this.#world.clock.now()) this.#hidden.add(message);
    else if (place >= 1) this.#visible.push(message);
    else this.#visible.splice(Math.floor(place * (this.#visible.length + 1)), 0, message);
    this.#world.changed();
    if (this.#hidden.has(message)) this.#arm();
    else this.#wake();
  }

  #handOut(message: Message, timeoutMs: number, hold: boolean): Received {
    const now = this.#world.clock.now();
    const handle = this.#world.handles.write(this.arn, message.id);
    message.receipts.push(handle);
    message.receiveCount += 1;
    message.firstReceivedAt ??= now;
    message.visibleAt = now + timeoutMs;
    message.held = hold;
    this.#receipts.set(handle, message);
    this.#hidden.add(message);
    return { message, receiptHandle: handle, attributes: systemAttributes(message) };
  }

  /** @returns whether a visible message was one to go: too old, or received too often */
  #bury(message: Message): boolean {
    const { redrivePolicy, messageRetentionPeriod } = this.settings;
    const isOld = this.#world.clock.now() - message.sentAt >= messageRetentionPeriod * 1000;
    const isDead = redrivePolicy !== undefined && message.receiveCount >= redrivePolicy.maxReceiveCount;
    const target = isDead ? this.#world.deadLetters(redrivePolicy.deadLetterTargetArn) : undefined;
    if (!isOld && !target) return false;
    this.#remove(message);
    if (!isOld) target?.takeIn(message, this.arn);
    return true;
  }

  #received(handle: string): Message | undefined {
    if (!this.#world.handles.isOf(this.arn, handle))
      throw new SqsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');
    return this.#receipts.get(handle);
  }

  #remove(message: Message): void {
    if (!this.#hidden.delete(message)) this.#visible = this.#visible.filter((each) => each !== message);
    for (const receipt of message.receipts) this.#receipts.delete(receipt);
    this.#arm();
    this.#world.changed();
  }

  /** What is due becomes visible, and who waits for it is told. */
  #settle(): void {
    const now = this.#world.clock.now();
    let settled = false;
    for (const message of this.#hidden) {
      if (message.visibleAt > now || this.#isKept(message)) continue;
      this.#hidden.delete(message);
      this.#visible.push(message);
      settled = true;
    }
    if (settled) this.#wake();
  }

  #isKept({ held }: Message): boolean {
    return held && this.#world.clock.skips === true;
  }

  #wake(): void {
    for (const wake of this.#watchers) wake();
  }

  /** Where somebody waits, an alarm is set for the message that is due first. */
  #arm(): void {
    let due = Infinity;
    if (this.#watchers.size > 0)
      for (const message of this.#hidden) if (!this.#isKept(message)) due = Math.min(due, message.visibleAt);
    if (due === this.#alarm.due) return;
    this.#alarm.cancel();
    this.#alarm = { due, cancel: () => {} };
    if (due === Infinity) return;
    this.#alarm.cancel = this.#world.alarms.at(due, () => {
      this.#alarm = NO_ALARM;
      this.#settle();
      this.#arm();
    });
  }
}

const NO_ALARM = { due: Infinity, cancel: () => {} };

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
const MAX_IN_FLIGHT = 120_000;

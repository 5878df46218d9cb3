import { callerArn, rootArn } from '../../access/principals.js';
import type { Alarms } from '../../alarms.js';
import type { Clock } from '../../clock.js';
import type { EmbeddedSqs } from '../../sqs/embedded-sqs.js';
import type { Queue, Received } from '../../sqs/queue.js';
import { SqsError } from '../../sqs/sqs-error.js';
import type { Watch } from '../../watch.js';
import { type EmbeddedLambda, MAX_PAYLOAD_BYTES } from '../embedded-lambda.js';
import { failedItems } from './batch-response.js';
import type { Mapping } from './mapping.js';
import { sqsEvent } from './sqs-event.js';

export interface PollerScope {
  lambda: EmbeddedLambda;
  sqs: EmbeddedSqs;
  clock: Clock;
  alarms: Alarms;
  watch: Watch;
}

/** Lambda's poller of one mapping: nothing of it runs or sleeps until a message is there. */
export class QueuePoller {
  readonly #mapping: Mapping;
  readonly #scope: PollerScope;
  #running = 0;
  #isScheduled = false;
  #unwatch: (() => void) | undefined;
  #cancelAlarm = () => {};
  /** When the batch that is being gathered has to go. */
  #windowEnds: number | undefined;
  /** Receives that failed one after another. */
  #failures = 0;

  constructor(mapping: Mapping, scope: PollerScope) {
    this.#mapping = mapping;
    this.#scope = scope;
  }

  /** Whether nothing is under way, and nothing waits for it. */
  get isIdle(): boolean {
    if (this.#running > 0) return false;
    return this.#unwatch === undefined || (this.#queue?.size ?? 0) === 0;
  }

  start(): void {
    const queue = this.#queue;
    if (this.#unwatch || !queue) return;
    this.#unwatch = queue.watch(() => this.#schedule());
    this.#schedule();
  }

  /** What is under way goes on. */
  stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    this.#cancelAlarm();
    this.#scope.watch.changed();
  }

  get #queue(): Queue | undefined {
    return this.#scope.sqs.queue(this.#mapping.queueArn);
  }

  /** Later: whoever sends a message has its answer before anybody gets it. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    const done = this.#scope.alarms.busy();
    setImmediate(() => {
      this.#isScheduled = false;
      this.#pump();
      done();
    });
  }

  #pump(): void {
    this.#cancelAlarm();
    while (this.#unwatch && this.#running < this.#limit) {
      const queue = this.#queue;
      if (!queue || queue.visible === 0) return;
      if (!this.#isBatchDue(queue)) return;
      const received = this.#receive(queue);
      if (received === undefined) return;
      this.#windowEnds = undefined;
      if (received.length > 0) void this.#process(queue, received);
    }
  }

  get #limit(): number {
    const { lambda } = this.#scope;
    const { maximumConcurrency = Infinity, functionArn } = this.#mapping.settings;
    const { reservedConcurrency = Infinity } = lambda.describe(functionArn).definition;
    return Math.min(lambda.threads, maximumConcurrency, reservedConcurrency);
  }

  /** Whether the batch is full, or has been gathered long enough. */
  #isBatchDue(queue: Queue): boolean {
    const { batchSize, batchingWindow } = this.#mapping.settings;
    if (batchingWindow === 0 || queue.visible >= batchSize) return true;
    const now = this.#scope.clock.now();
    this.#windowEnds ??= now + batchingWindow * 1000;
    if (now >= this.#windowEnds) return true;
    this.#wakeAt(this.#windowEnds);
    return false;
  }

  /** @returns undefined where it failed: it is tried again later where that may help */
  #receive(queue: Queue): Received[] | undefined {
    try {
      this.#ask('ReceiveMessage');
      const received = queue.receive({
        max: this.#mapping.settings.batchSize,
        hold: true,
        maxBytes: MAX_PAYLOAD_BYTES / 2,
      });
      this.#failures = 0;
      return received;
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      this.#mapping.problem = `PROBLEM: ${error.message}`;
      if (error.code === 'AccessDeniedException') return undefined;
      this.#failures += 1;
      this.#wakeAt(this.#scope.clock.now() + Math.min(60_000, 100 * 2 ** this.#failures));
      return undefined;
    }
  }

  async #process(queue: Queue, received: readonly Received[]): Promise<void> {
    this.#running += 1;
    const done = this.#scope.alarms.busy();
    try {
      const failed = await this.#invoke(received);
      this.#delete(
        queue,
        received.filter(({ message }) => !failed.has(message.id)),
      );
      this.#mapping.problem = failed.size === 0 ? undefined : 'PROBLEM: Function call failed';
    } finally {
      for (const { message } of received) queue.letGo(message);
      this.#running -= 1;
      this.#schedule();
      done();
      this.#scope.watch.changed();
    }
  }

  /** @returns the ids of those that failed */
  async #invoke(received: readonly Received[]): Promise<ReadonlySet<string>> {
    const { functionArn, reportsBatchItemFailures } = this.#mapping.settings;
    const ids = received.map(({ message }) => message.id);
    try {
      const { payload, functionError } = await this.#scope.lambda.invoke(
        functionArn,
        sqsEvent(received, this.#mapping.queueArn),
      );
      if (functionError !== undefined) return new Set(ids);
      return reportsBatchItemFailures ? failedItems(payload, ids) : new Set();
    } catch {
      // Throttled, or the engine is closing: the messages come again.
      return new Set(ids);
    }
  }

  /** What cannot be deleted comes again: a message is delivered at least once. */
  #delete(queue: Queue, received: readonly Received[]): void {
    if (received.length === 0) return;
    try {
      this.#ask('DeleteMessageBatch');
      for (const { receiptHandle } of received) queue.delete(receiptHandle);
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      this.#mapping.problem = `PROBLEM: ${error.message}`;
    }
  }

  /** As the function's role. @throws SqsError */
  #ask(operation: string): void {
    askAsRole(this.#scope, this.#mapping, operation);
  }

  #wakeAt(time: number): void {
    this.#cancelAlarm();
    this.#cancelAlarm = this.#scope.alarms.at(time, () => this.#schedule());
  }
}

/** Asks whether a function's role may do something with the queue of a mapping. @throws SqsError */
export function askAsRole(
  { lambda, sqs }: Pick<PollerScope, 'lambda' | 'sqs'>,
  { queueArn, settings }: Pick<Mapping, 'queueArn' | 'settings'>,
  operation: string,
): void {
  const { role = rootArn(lambda.accountId), name } = lambda.describe(settings.functionArn).definition;
  sqs.check(operation, callerAs(role, name), queueArn);
}

/** A function's sessions have its name. */
function callerAs(role: string, functionName: string) {
  return { principal: role, arn: callerArn(role, functionName) };
}

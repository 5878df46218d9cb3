import { partitionOf } from '../../contracts/partition.js';
import type { Alarms } from '../alarms.js';
import type { Clock } from '../clock.js';
import type { Watch } from '../watch.js';
import type { Members } from './api/request.js';
import { requiredText } from './api/request.js';
import { SqsFaults } from './faults.js';
import type { Message, MessageDraft } from './message.js';
import type { QueueSettings } from './queue-attributes.js';
import { Queue, type QueueWorld, type ReceiveOptions, type Received } from './queue.js';
import { ReceiptHandles } from './receipt-handles.js';
import { type RedrivePolicy, takesFrom } from './redrive.js';
import { SqsError, invalidValue, noSuchQueue } from './sqs-error.js';
import { seededRandom } from '../seeded-random.js';

export interface SqsScope {
  clock: Clock;
  alarms: Alarms;
  /** Told of whatever may make the engine idle. */
  watch: Watch;
  region: string;
  accountId: string;
  /** `http://127.0.0.1:<port>`, once there is one: queues' URLs begin so. */
  endpoint: () => string;
}

/** All queues, and how messages come into and out of them. */
export class SqsState {
  readonly faults = new SqsFaults();
  readonly queues = new Map<string, Queue>();
  readonly world: QueueWorld;
  readonly accountId: string;
  readonly #scope: SqsScope;
  readonly #deletedAt = new Map<string, number>();
  readonly #random = seededRandom(1);

  constructor(scope: SqsScope) {
    this.#scope = scope;
    this.accountId = scope.accountId;
    this.world = {
      clock: scope.clock,
      alarms: scope.alarms,
      handles: new ReceiptHandles(),
      deadLetters: (arn) => this.byArn(arn),
      changed: () => scope.watch.changed(),
    };
  }

  arnOf(name: string): string {
    return `arn:${partitionOf(this.#scope.region)}:sqs:${this.#scope.region}:${this.accountId}:${name}`;
  }

  urlOf(name: string): string {
    return `${this.#scope.endpoint()}/${this.accountId}/${name}`;
  }

  byArn(arn: string): Queue | undefined {
    const name = arn.split(':').at(-1) ?? '';
    return arn === this.arnOf(name) ? this.queues.get(name) : undefined;
  }

  /** The queue that a request names by `QueueUrl`; only the account and the name of it count. @throws SqsError `QueueDoesNotExist` */
  queueOf(members: Members): Queue {
    const url = requiredText(members, 'QueueUrl');
    const queue = this.queues.get(this.nameOf(url) ?? '');
    if (!queue) throw noSuchQueue();
    return queue;
  }

  /** @returns undefined for what is no URL of a queue of this account */
  nameOf(url: string): string | undefined {
    const [, account, name] = /^(?:https?:\/\/[^/]+)?\/(\d{12})\/([\w.-]+)$/.exec(url) ?? [];
    return account === this.accountId ? name : undefined;
  }

  create(name: string, settings: QueueSettings): Queue {
    const queue = new Queue(name, this.arnOf(name), settings, this.world);
    this.queues.set(name, queue);
    return queue;
  }

  remove(queue: Queue): void {
    queue.close();
    this.queues.delete(queue.name);
    this.#deletedAt.set(queue.name, this.world.clock.now());
    this.world.changed();
  }

  checkNotDeletedRecently(name: string): void {
    const at = this.#deletedAt.get(name);
    if (at !== undefined && this.world.clock.now() - at < 60_000)
      throw new SqsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      );
  }

  /** The dead-letter queue of a queue must be there, and take its messages. */
  checkRedrive(policy: RedrivePolicy | undefined, sourceArn: string): void {
    if (!policy) return;
    const target = this.byArn(policy.deadLetterTargetArn);
    if (!target) throw invalidValue(policy.text, 'RedrivePolicy', 'Dead letter target does not exist.');
    if (!takesFrom(target.settings.redriveAllowPolicy, sourceArn))
      throw invalidValue(
        policy.text,
        'RedrivePolicy',
        'Redrive permission is denied by the dead letter target’s RedriveAllowPolicy.',
      );
  }

  /** Puts a message into a queue, with what faults make of it. */
  send(queue: Queue, draft: MessageDraft, delaySeconds?: number): Message {
    const effect = this.faults.strike({ operation: 'send', queue: queue.name, body: draft.body });
    const place = effect && 'reorder' in effect ? this.#random() : 1;
    if (effect && 'duplicate' in effect)
      for (let more = 0; more < effect.duplicate; more += 1) queue.send(draft, delaySeconds);
    return queue.send(draft, delaySeconds, place);
  }

  /** Long polling: resolves as soon as something is there, or the time is over, or the caller has gone. */
  async receive(queue: Queue, options: ReceiveOptions, waitSeconds: number, gone: AbortSignal): Promise<Received[]> {
    const received = queue.receive(options);
    if (received.length > 0 || waitSeconds === 0) return received;
    const { clock, alarms } = this.world;
    const until = clock.now() + waitSeconds * 1000;
    return new Promise((resolve, reject) => {
      const end = (messages: Received[]) => {
        unwatch();
        cancel();
        gone.removeEventListener('abort', leave);
        resolve(messages);
      };
      const leave = () => end([]);
      const look = () => {
        try {
          const found = queue.receive(options);
          if (found.length > 0) end(found);
        } catch (error) {
          reject(error);
        }
      };
      const unwatch = queue.watch(() => setImmediate(look));
      const cancel = alarms.at(until, leave);
      gone.addEventListener('abort', leave, { once: true });
    });
  }
}

import { createHash } from 'node:crypto';
import type { LiveSettings, QueueRecord, Side, SyncRecord } from '../../../contracts/live.js';
import { copyRow } from '../../../core/copy/copy-row.js';
import { StorageError } from '../../../core/errors.js';
import type { BucketPair, ObjectHead, Ports } from '../../../core/ports.js';
import { otherThan } from '../../../core/sync/decide.js';
import { announcer } from '../../../core/sync/announce.js';
import { bareRow } from '../../../core/sync/live-place.js';
import { syncObject } from '../../../core/sync/sync-object.js';
import { toolsOf } from '../../../core/sync/sync-tools.js';

/** How the model's buckets differ. */
export interface Kind {
  direction: LiveSettings['direction'];
  propagateDeletes: boolean;
  isVersioned: boolean;
  /** ETags say nothing of the bytes. */
  isOpaque: boolean;
  /** Objects from before S3 gave each a checksum. */
  isWithoutChecksums?: boolean;
}

interface Stored {
  body: string;
  etag: string;
  lastModified: number;
  versionId?: string;
}

/** How long a worker has. */
const PATIENCE_MS = 900_000;

interface Message {
  record: QueueRecord;
}

/** A worker at a step of its: what it asked for is done when it is let go on. */
interface Step {
  worker: number;
  /** Done by S3 whether or not the worker lives to hear of it. */
  isServed: boolean;
  /** It happens, and the worker hears of it. */
  go: () => void;
  /** It happens, and nobody hears of it. */
  land: () => void;
}

/**
 * Two buckets, the queue and the table as the core sees them, where nothing happens by itself: each answer of S3 and of the
 * table is a step that the test lets happen, in any order, with writes of others in between and workers that die. A copy
 * reads its source at one step and writes at a later one, as CopyObject does; its time is that of its end.
 */
export class TwoBuckets {
  readonly buckets: Record<Side, Map<string, Stored>> = { source: new Map(), destination: new Map() };
  readonly queue: Message[] = [];
  readonly steps: Step[] = [];
  readonly working = new Map<number, { messages: readonly Message[]; isOver: boolean }>();
  /** Copies that were written, by side. */
  readonly copies: Record<Side, number> = { source: 0, destination: 0 };
  readonly errors: unknown[] = [];
  /** Nobody may delete. */
  keepsAll = false;
  /** The table has no time. */
  isThrottled = false;
  /** Nobody may copy. */
  refusesCopies = false;
  readonly #versions = new Map<string, Stored>();
  readonly #table = new Map<string, SyncRecord>();
  readonly #kind: Kind;
  #time = Date.UTC(2026, 10, 26);
  #ids = 0;

  constructor(kind: Kind) {
    this.#kind = kind;
  }

  /** Somebody writes, or deletes where there is no body. */
  change(side: Side, key: string, body: string | undefined): void {
    if (body === undefined) this.#delete(side, key);
    else this.#store(side, key, body);
  }

  /** Puts something there, or on both sides the same: no event tells of it, and nothing is on file. */
  fill(key: string, body: string, sides: readonly Side[] = ['source', 'destination']): void {
    for (const side of sides) this.#store(side, key, body);
    this.queue.length = 0;
  }

  /** A run copies a key of the source, by what both sides have now. Answers its worker. */
  run(key: string): number {
    return this.#copy(key, 'destination');
  }

  /** A restore puts what was current at the destination once on top of what the source has now. */
  restore(key: string, versionId: string): number {
    return this.#copy(key, 'source', versionId);
  }

  /** Time goes on, and nothing happens. */
  later(ms: number): void {
    this.#time += ms;
  }

  #copy(key: string, side: Side, versionId?: string): number {
    const worker = (this.#ids += 1);
    const head = this.#head(otherThan(side), key, versionId);
    if (!head) return worker;
    this.working.set(worker, { messages: [], isOver: false });
    const ports = this.#ports(worker);
    const time = { isLate: () => false, until: this.#time + PATIENCE_MS };
    const live = { pair: 'model', settings: this.#settings() };
    const tools = toolsOf(ports, live, time, [{ source: key, destination: key }]).to[side];
    const request = { ...tools.run.request, ...(versionId === undefined ? {} : { overwrite: 'always' as const }) };
    const { direction } = this.#kind;
    const announced = { records: ports.syncRecords, to: side, bucket: side, direction };
    const { size, etag, lastModified, storageClass } = head;
    copyRow(
      {
        ...tools,
        run: { ...tools.run, request, isAnnounced: true },
        announce: announcer(announced, ports.clock, () => PATIENCE_MS),
      },
      {
        row: bareRow({ key, size, etag, lastModified, storageClass, versionId: versionId ?? '' }),
        index: 0,
        versionId,
        destinationKey: key,
        listed: this.#head(side, key),
      },
    ).then(
      () => this.#ended(worker, new Set()),
      (error: unknown) => {
        this.errors.push(error);
        this.#ended(worker, new Set());
      },
    );
    return worker;
  }

  /** Sends what a redrive sends. */
  redrive(key: string, from: Side): void {
    this.#send(JSON.stringify({ key, from, tries: 0 }));
  }

  body(side: Side, key: string): string | undefined {
    return this.buckets[side].get(key)?.body;
  }

  /**
   * Gives a message of the queue to a worker, or `count` of them as one batch. `again`: the queue keeps them, as if they had
   * been delivered twice. Answers the worker.
   */
  deliver(index: number, { again = false, count = 1 } = {}): number {
    const messages = again ? this.queue.slice(index, index + count) : this.queue.splice(index, count);
    const worker = (this.#ids += 1);
    if (messages.length === 0) return worker;
    for (const message of messages) {
      const attributes = { ApproximateReceiveCount: message.record.attributes.ApproximateReceiveCount + 1 };
      message.record = { ...message.record, attributes };
    }
    this.working.set(worker, { messages, isOver: false });
    const end = syncObject(
      this.#ports(worker),
      { pair: 'model', settings: this.#settings() },
      { Records: messages.map(({ record }) => record) },
      () => PATIENCE_MS,
    );
    end.then(
      ({ answer }) => {
        const { batchItemFailures } = answer as { batchItemFailures: { itemIdentifier: string }[] };
        this.#ended(worker, new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)));
      },
      (error: unknown) => {
        this.errors.push(error);
        this.#ended(worker, new Set(messages.map(({ record }) => record.messageId)));
      },
    );
    return worker;
  }

  /** The worker dies at its step; what S3 had begun may still come to pass. Its message comes back. */
  kill(worker: number, isServed: boolean): void {
    const state = this.working.get(worker);
    if (!state) return;
    state.isOver = true;
    this.working.delete(worker);
    const own = this.steps.filter((step) => step.worker === worker);
    for (const step of own) {
      this.steps.splice(this.steps.indexOf(step), 1);
      if (isServed && step.isServed) step.land();
    }
    this.queue.push(...state.messages);
  }

  go(index: number): void {
    const [step] = this.steps.splice(index, 1);
    step?.go();
  }

  #ended(worker: number, failed: ReadonlySet<string>): void {
    const state = this.working.get(worker);
    if (!state) return;
    this.working.delete(worker);
    this.queue.push(...state.messages.filter(({ record }) => failed.has(record.messageId)));
  }

  #step<T>(worker: number, effect: () => T, isServed = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.steps.push({
        worker,
        isServed,
        go: () => {
          try {
            resolve(effect());
          } catch (error) {
            reject(error);
          }
        },
        land: () => {
          try {
            effect();
          } catch {
            // Refused, and nobody is there to hear it.
          }
        },
      });
    });
  }

  #tell(side: Side, key: string, type: string): void {
    if (side === 'destination' && this.#kind.direction === 'one-way') return;
    if (type === 'Object Deleted' && !this.#kind.propagateDeletes) return;
    const event = {
      source: 'aws.s3',
      'detail-type': type,
      time: new Date(this.#time).toISOString(),
      detail: { bucket: { name: side }, object: { key } },
    };
    this.#send(JSON.stringify(event));
  }

  #send(body: string): void {
    const messageId = `message-${(this.#ids += 1)}`;
    this.queue.push({
      record: { messageId, receiptHandle: messageId, body, attributes: { ApproximateReceiveCount: 0 } },
    });
  }

  #store(side: Side, key: string, body: string): Stored {
    this.#time += 1000;
    const id = (this.#ids += 1);
    const digest = createHash('md5').update(body).digest('hex');
    const stored = {
      body,
      etag: this.#kind.isOpaque ? `${digest.slice(0, 8)}${id}` : digest,
      lastModified: this.#time,
      ...(this.#kind.isVersioned ? { versionId: `v${id}` } : {}),
    };
    this.buckets[side].set(key, stored);
    this.#versions.set(`v${id}`, stored);
    this.#tell(side, key, 'Object Created');
    return stored;
  }

  #delete(side: Side, key: string): void {
    this.#time += 1000;
    if (this.buckets[side].delete(key)) this.#tell(side, key, 'Object Deleted');
  }

  #head(side: Side, key: string, version?: string): ObjectHead | undefined {
    const stored = this.#read(side, key, version);
    if (!stored) return undefined;
    const { body, etag, lastModified, versionId } = stored;
    return {
      key,
      size: body.length,
      etag,
      lastModified,
      ...(versionId === undefined ? {} : { versionId }),
      storageClass: 'STANDARD',
      etagKind: this.#kind.isOpaque ? 'opaque' : 'digest',
      checksums: this.#kind.isWithoutChecksums
        ? []
        : [{ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value: createHash('md5').update(body).digest('base64') }],
      archive: 'none',
      content: { metadata: {} },
      tagCount: 0,
      lock: {},
    };
  }

  #read(side: Side, key: string, version: string | undefined): Stored | undefined {
    return version === undefined ? this.buckets[side].get(key) : this.#versions.get(version);
  }

  #pair(worker: number, from: Side): BucketPair {
    const to = otherThan(from);
    const pinned = (key: string, etag: string | undefined) => {
      if (this.buckets[to].get(key)?.etag !== etag) throw refused('PreconditionFailed', 412);
    };
    const written = ({ etag, versionId }: Stored) => ({ etag, ...(versionId === undefined ? {} : { versionId }) });
    const pair: Partial<BucketPair> = {
      isInPlace: true,
      headSource: (key, { versionId } = {}) => this.#step(worker, () => this.#head(from, key, versionId)),
      headDestination: (key) => this.#step(worker, () => this.#head(to, key)),
      copy: async ({ source, destination }) => {
        const body = await this.#step(
          worker,
          () => {
            if (this.refusesCopies) throw refused('AccessDenied', 403);
            const stored = this.#read(from, source.key, source.versionId);
            if (!stored) throw refused('NoSuchKey', 404);
            if (stored.etag !== source.etag) throw refused('PreconditionFailed', 412);
            return stored.body;
          },
          false,
        );
        return this.#step(
          worker,
          () => {
            pinned(destination.key, destination.etag);
            this.copies[to] += 1;
            return written(this.#store(to, destination.key, body));
          },
          true,
        );
      },
      putDeleteMarker: ({ key, etag }) =>
        this.#step(
          worker,
          () => {
            if (this.keepsAll) throw refused('AccessDenied', 403);
            pinned(key, etag);
            this.#delete(to, key);
            return { etag: '' };
          },
          true,
        ),
    };
    return pair as BucketPair;
  }

  #ports(worker: number): Parameters<typeof syncObject>[0] {
    return {
      pair: ({ bucket }) => this.#pair(worker, bucket as Side),
      work: {} as Ports['work'],
      failures: {} as Ports['failures'],
      syncRecords: {
        find: (pk) =>
          this.#step(worker, () => {
            if (this.isThrottled) throw throttled();
            return structuredClone(this.#table.get(pk));
          }),
        putIf: (record) =>
          this.#step(
            worker,
            () => {
              if (this.isThrottled) throw throttled();
              if ((this.#table.get(record.pk)?.revision ?? 0) !== record.revision - 1) return false;
              this.#table.set(record.pk, structuredClone(record));
              return true;
            },
            true,
          ),
      },
      syncQueue: {
        later: (message) => this.#step(worker, () => this.#send(JSON.stringify(message)), true),
        giveBack: () => Promise.resolve(),
      },
      clock: { now: () => this.#time, sleep: () => Promise.resolve() },
      retryDelayMs: 1,
      random: () => 0,
    };
  }

  #settings(): LiveSettings {
    const { direction, propagateDeletes } = this.#kind;
    return {
      bounds: {
        source: { bucket: 'source' },
        destination: { bucket: 'destination' },
        inventory: { bucket: 'inventory', prefix: '', configId: 'all' },
        maxConcurrency: 2,
      },
      direction,
      propagateDeletes,
      table: 'live',
      queueUrl: 'https://sqs.example/queue',
      workers: 2,
    };
  }
}

function throttled(): StorageError {
  return new StorageError('ThrottlingException', 'Slow.', { kind: 'throttled' });
}

function refused(code: string, status: number): StorageError {
  return new StorageError(code, code, { kind: 'refused', status });
}

/** Lets everything come to its end. */
export async function endOf(world: TwoBuckets): Promise<void> {
  for (let turns = 0; world.queue.length + world.working.size + world.steps.length > 0; turns++) {
    if (turns > 5_000) throw new Error('It comes to no end: a loop.');
    if (world.steps.length > 0) world.go(0);
    else {
      // Nobody is at work: what is put off comes back later.
      world.later(10_000);
      world.deliver(0);
    }
    await settled();
  }
  if (world.errors.length > 0) throw new AggregateError(world.errors, 'A worker threw.');
}

/** Until every worker waits for a step. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

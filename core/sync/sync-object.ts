import type { ByHand, KeyMessage, LiveSettings, QueueBatch, SyncObjectInput } from '../../contracts/live.js';
import { liveRunOf } from '../../contracts/live-run.js';
import { metric, type Metric } from '../../contracts/metrics.js';
import { BackfillError, StorageError } from '../errors.js';
import { groupBy } from '../group.js';
import { inParallel } from '../parallel.js';
import type { Deadline, Ports } from '../ports.js';
import { resolveFailures } from '../copy/record-failures.js';
import { remedyFor } from '../report/remedies.js';
import { AFTER_THE_END_MS } from './intents.js';
import { livePlace } from './live-place.js';
import { keysOf, readMessage, type KeyAsked, type KeyDelivery } from './read-message.js';
import { redriveDay } from './redrive-day.js';
import { syncKey, type KeyEnd, type KeyToSync, type SyncTools } from './sync-key.js';
import { toolsOf } from './sync-tools.js';

/** What this function reaches. */
type SyncPorts = Pick<
  Ports,
  'work' | 'pair' | 'failures' | 'syncRecords' | 'syncQueue' | 'clock' | 'random' | 'retryDelayMs'
>;

/** The pair, and what is known of it by its environment. */
export interface LivePair {
  pair: string;
  settings: LiveSettings;
}

/** A message that failed stays in the queue; all others are done with. Source: Lambda, "Reporting batch item failures". */
interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface SyncAnswer {
  answer: BatchAnswer | object;
  metrics: Metric[];
  /** What went wrong that is not about an object, for the log: the keys that met it come back by themselves. */
  errors: unknown[];
}

const KEYS_AT_ONCE = 64;
/** Time kept for copies in flight to end: a CopyObject of 5 GiB takes about a minute. */
const LONGEST_MARGIN_MS = 120_000;
/** SQS delays no message for longer. */
const LONGEST_DELAY_S = 900;

/**
 * Function SyncObject: brings keys of both sides together, as a batch of the queue names them or a person does. A key that
 * has to be looked at again goes to the queue anew, with a delay that grows: mere load makes no dead letter. One that
 * failed stays there, and comes back later each time.
 */
export async function syncObject(
  ports: SyncPorts,
  live: LivePair,
  input: SyncObjectInput,
  deadline: Deadline,
): Promise<SyncAnswer> {
  if ('failuresOf' in input) return { answer: await redriveDay(ports, input), metrics: [], errors: [] };
  const left = deadline();
  const now = ports.clock.now();
  const margin = Math.min(LONGEST_MARGIN_MS, left / 4);
  const isLate = () => deadline() < margin;
  const until = now + left + AFTER_THE_END_MS;
  if ('Records' in input) return syncBatch(ports, live, input, { isLate, until });
  return { answer: await syncByHand(ports, live, input, { isLate, until }), metrics: [], errors: [] };
}

interface Time {
  isLate: () => boolean;
  until: number;
}

async function syncByHand(ports: SyncPorts, live: LivePair, { key, from }: ByHand, time: Time): Promise<object> {
  const { settings } = live;
  if (from === 'destination' && settings.direction !== 'both')
    throw new BackfillError(
      'InvalidRequest',
      `from: expected "source": the pair ${live.pair} goes one way. Deploy it with direction: "both" to copy from its destination.`,
    );
  const keys = keysOf(settings, key, from);
  if (!keys)
    throw new BackfillError(
      'OutsidePair',
      `key: expected one that begins with "${prefixOf(settings, from)}", the pair's own ${from} prefix; got ${JSON.stringify(key)}.`,
    );
  const item = { keys, asked: { from, isByHand: true }, deliveries: [] };
  const end = await syncKey(toolsOf(ports, live, time, [keys]), item);
  await afterwards(ports, end, item);
  if (end.kind === 'later') await ports.syncQueue.later({ key, from, tries: 1 }, 1);
  const of = { key, from };
  if (end.kind === 'settled')
    return { ...of, outcome: end.outcome, ...(end.to === undefined ? {} : { to: keys[end.to] }) };
  if (end.kind === 'later') return { ...of, outcome: 'later', why: end.why };
  return { ...of, outcome: 'failed', cause: end.cause, message: end.message, remedy: remedyFor(end.cause) };
}

function prefixOf({ bounds: { source, destination } }: LiveSettings, from: ByHand['from']): string {
  return (from === 'source' ? source.prefix : (destination.prefix ?? source.prefix)) ?? '';
}

async function syncBatch(ports: SyncPorts, live: LivePair, { Records }: QueueBatch, time: Time): Promise<SyncAnswer> {
  const errors: unknown[] = [];
  const failed: string[] = [];
  const deliveries: KeyDelivery[] = [];
  for (const record of Records) {
    const { messageId, receiptHandle, attributes } = record;
    const asked = readMessage(live.settings, record);
    if (asked === 'unreadable') {
      failed.push(messageId);
      await ports.syncQueue.giveBack(receiptHandle, 0);
    } else if (asked !== 'foreign')
      deliveries.push({
        ...asked,
        receiptHandle,
        delivery: { id: messageId, receive: attributes.ApproximateReceiveCount },
      });
  }
  // One look settles all that the batch says of a key at one side. At which, decides where nothing is on file.
  const byKey = groupBy(deliveries, ({ keys }) => keys.source);
  const tools = toolsOf(
    ports,
    live,
    time,
    deliveries.map(({ keys }) => keys),
  );
  const ends: KeyEnd[] = [];
  const settle = async (group: readonly KeyDelivery[], ofKey: readonly KeyDelivery[]) => {
    const spokesman = spokesmanOf(group);
    const item = { ...spokesman, deliveries: deliveriesOf(spokesman, ofKey) };
    try {
      const end = await settleOrFail(ports, tools, item, time);
      ends.push(end);
      if (end.kind === 'later')
        await ports.syncQueue.later(successor(spokesman), delayOf(end, spokesman, ports.random()));
      if (end.kind !== 'failed') return;
      failed.push(spokesman.delivery.id);
      await ports.syncQueue.giveBack(spokesman.receiptHandle, backoff(spokesman.delivery.receive));
    } catch (error) {
      errors.push(error);
      failed.push(spokesman.delivery.id);
      // The table had no time for what came of it: this message finds out, which has the key.
      if (error instanceof StorageError && error.kind === 'throttled')
        await ports.syncQueue.giveBack(spokesman.receiptHandle, backoff(spokesman.delivery.receive));
    }
  };
  await inParallel(byKey.values(), KEYS_AT_ONCE, async (ofKey) => {
    for (const group of groupBy(ofKey, ({ asked }) => asked.from).values()) await settle(group, ofKey);
  });
  // Nothing went well: Lambda asks less often of a function that fails.
  if (errors.length > 0 && ends.length === 0) throw errors[0];
  return {
    answer: { batchItemFailures: [...new Set(failed)].map((itemIdentifier) => ({ itemIdentifier })) },
    metrics: metricsOf(ends, deliveries, ports.clock.now()),
    errors,
  };
}

async function settleOrFail(ports: SyncPorts, tools: SyncTools, item: KeyToSync, { isLate }: Time): Promise<KeyEnd> {
  if (isLate()) return { kind: 'later', why: 'unfinished' };
  const end = await syncKey(tools, item);
  await afterwards(ports, end, item);
  return end;
}

/** What failed before and is good now is a failure no longer. */
async function afterwards(ports: SyncPorts, end: KeyEnd, { keys }: Pick<KeyToSync, 'keys'>): Promise<void> {
  if (end.kind !== 'settled') return;
  const run = end.before?.failure?.run;
  if (run === undefined) return;
  const key = liveRunOf(run) === 'back' ? keys.destination : keys.source;
  const { place, row } = livePlace(run, key);
  await resolveFailures(ports, place, [row]);
}

/** Of all that a batch says of a key at one side: neither that it was deleted is forgotten, nor when it was written. */
function spokesmanOf(group: readonly KeyDelivery[]): KeyDelivery {
  const [first] = group.toSorted(
    (a, b) => (b.asked.deletedAt ?? 0) - (a.asked.deletedAt ?? 0) || b.delivery.receive - a.delivery.receive,
  );
  const { asked, ...spokesman } = first as KeyDelivery;
  const createdAt = Math.max(...group.map((each) => each.asked.createdAt ?? 0));
  return { ...spokesman, asked: { ...asked, ...(createdAt === 0 ? {} : { createdAt }) } };
}

/** The one that comes back where it fails goes first. */
function deliveriesOf({ delivery }: KeyDelivery, ofKey: readonly KeyDelivery[]): KeyToSync['deliveries'] {
  const others = ofKey.map((each) => each.delivery).filter((each) => each !== delivery);
  return [delivery, ...others];
}

function successor({ keys, asked, since, tries }: KeyAsked): KeyMessage {
  return {
    key: keys[asked.from],
    from: asked.from,
    ...(asked.deletedAt === undefined ? {} : { deletedAt: new Date(asked.deletedAt).toISOString() }),
    ...(asked.createdAt === undefined ? {} : { createdAt: new Date(asked.createdAt).toISOString() }),
    ...(since === undefined ? {} : { since: new Date(since).toISOString() }),
    tries: tries + 1,
  };
}

/** In seconds. Who has the key may be done in a moment, or take a quarter of an hour; S3 scales within minutes. */
function delayOf(end: Extract<KeyEnd, { kind: 'later' }>, { tries }: KeyAsked, random: number): number {
  if (end.why === 'unfinished') return 0;
  const least = end.why === 'throttled' ? 30 : 1;
  const longest = Math.min(LONGEST_DELAY_S, least * 2 ** Math.min(tries, 10));
  return Math.ceil(longest / 2 + (random * longest) / 2);
}

/** In seconds: half a minute, and twice as long each time. */
function backoff(receive: number): number {
  return Math.min(LONGEST_DELAY_S, 30 * 2 ** Math.min(receive - 1, 5));
}

function metricsOf(ends: readonly KeyEnd[], deliveries: readonly KeyDelivery[], now: number): Metric[] {
  const settled = ends.filter((end) => end.kind === 'settled');
  const copied = settled.filter(({ outcome }) => outcome === 'copied');
  const deleted = settled.filter(({ outcome }) => outcome === 'deleted');
  const behind = deliveries.flatMap(({ since }) => (since === undefined ? [] : [now - since]));
  return [
    ...(copied.length === 0
      ? []
      : [
          metric('LiveObjectsCopied', copied.length),
          metric(
            'LiveBytesCopied',
            copied.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
          ),
        ]),
    ...(deleted.length === 0 ? [] : [metric('LiveObjectsDeleted', deleted.length)]),
    ...(behind.length === 0 ? [] : [metric('LiveSecondsBehind', Math.max(0, ...behind) / 1000)]),
  ];
}

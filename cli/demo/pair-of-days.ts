import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import { RECONCILE_DEFAULTS, type PairBounds } from '../../contracts/pair.js';
import type { Reconciliation } from '../../contracts/reconciliation.js';
import type { Engine } from '../../local/engine.js';
import { AWKWARD_KEYS, demoObjects, type DemoObject } from './objects.js';

/** A day of a pair under live replication. */
export interface Day {
  /** When its reconciliation is due; milliseconds since the epoch. */
  dueAt: number;
  /** What happens to the buckets until then, for people. */
  story: string;
  /** Does it, and has the inventories delivered. */
  play(): void;
  /** How it has to end, and how many objects have to be written to the destination by then. */
  expected: { status: Reconciliation['status']; copies: number };
}

export const MOST_DAYS = 3;
/** Objects at the beginning, at least: the second day changes some of them. */
export const LEAST_OBJECTS = 100;
/** What is found on the second day. */
export const SECOND_DAY = { missing: 37, different: 5, onlyAtDestination: 3, newer: 4 } as const;

const SOURCE = 'demo-source';
export const DESTINATION = 'demo-destination';
const INVENTORY = 'demo-inventory';
const CONFIGURATION = 'every-object';
const FILES = 4;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** So long before the reconciliation are inventories delivered. */
const DELIVERED_MS = HOUR_MS;
/** On the second day the destination's is so much older than the source's, and what was written in between too new to judge. */
const APART_MS = 30 * MINUTE_MS;

export const boundsOfDays: PairBounds = {
  source: { bucket: SOURCE },
  destination: { bucket: DESTINATION },
  inventory: { bucket: INVENTORY, prefix: 'source', configId: CONFIGURATION },
  destinationInventory: { bucket: INVENTORY, prefix: 'destination', configId: CONFIGURATION },
  // Of a few hundred objects 42 are more than the usual 5 %, over which the whole inventory is compared.
  reconcile: { ...RECONCILE_DEFAULTS, maxDifference: 50 },
  maxConcurrency: 50,
};

/**
 * The last days of a pair, the last of them today: one in sync, one on which replication missed much, one after the repair.
 * The same every time.
 */
export function daysOfPair(engine: Engine, days: number, objects: number): Day[] {
  const { s3 } = engine;
  const now = Math.floor(engine.clock.now() / MINUTE_MS) * MINUTE_MS;
  const dueAt = Array.from({ length: days }, (_, index) => now - (days - 1 - index) * DAY_MS);
  const [first = now, second = now] = dueAt;
  const put = (bucket: string, { key, body, parts }: DemoObject, lastModified: number) =>
    void s3.putObject(bucket, key, body, { lastModified, ...(parts ? { multipartParts: parts } : {}) });
  const deliver = (side: 'source' | 'destination', at: number) =>
    void s3.deliverInventory({
      bucket: side === 'source' ? SOURCE : DESTINATION,
      destinationBucket: INVENTORY,
      prefix: side,
      configId: CONFIGURATION,
      fields: USUAL_INVENTORY_FIELDS,
      files: FILES,
      at,
    });
  // The awkward keys are among those that replication misses.
  const all = Array.from(demoObjects(SECOND_DAY.missing + objects));
  const [missed, replicated] = [all.slice(0, SECOND_DAY.missing), all.slice(SECOND_DAY.missing)];
  const newer = objectsNamed('just written', SECOND_DAY.newer);
  for (const bucket of [SOURCE, DESTINATION, INVENTORY]) s3.createBucket(bucket);

  const played: Omit<Day, 'dueAt'>[] = [
    {
      story: `${objects.toLocaleString('en')} objects, all of them replicated.`,
      play: () => {
        for (const object of replicated) {
          put(SOURCE, object, first - 7 * DAY_MS);
          put(DESTINATION, object, first - 7 * DAY_MS + MINUTE_MS);
        }
        deliver('source', first - DELIVERED_MS);
        deliver('destination', first - DELIVERED_MS);
      },
      expected: { status: 'InSync', copies: 0 },
    },
    {
      story: `Replication misses ${SECOND_DAY.missing} new objects, ${AWKWARD_KEYS.length} of them with awkward keys, and ${SECOND_DAY.different} that are replaced; ${SECOND_DAY.onlyAtDestination} are put at the destination only; ${SECOND_DAY.newer} are written between the two inventories.`,
      play: () => {
        const [written, delivered] = [second - 12 * HOUR_MS, second - DELIVERED_MS];
        for (const object of missed) put(SOURCE, object, written);
        for (const { key } of replicated.slice(0, SECOND_DAY.different))
          put(SOURCE, { key, body: Buffer.from(`replaced: ${key}`) }, written);
        for (const object of objectsNamed('only at the destination', SECOND_DAY.onlyAtDestination))
          put(DESTINATION, object, written);
        deliver('destination', delivered - APART_MS);
        for (const object of newer) put(SOURCE, object, delivered - APART_MS + MINUTE_MS);
        deliver('source', delivered);
      },
      expected: { status: 'Repaired', copies: SECOND_DAY.missing + SECOND_DAY.different },
    },
    {
      story: `Replication has brought the ${SECOND_DAY.newer} as well.`,
      play: () => {
        for (const object of newer) put(DESTINATION, object, second);
        deliver('source', now - DELIVERED_MS);
        deliver('destination', now - DELIVERED_MS);
      },
      expected: { status: 'InSync', copies: 0 },
    },
  ];
  return dueAt.flatMap((due, index) => (played[index] ? [{ dueAt: due, ...played[index] }] : []));
}

function objectsNamed(folder: string, count: number): DemoObject[] {
  return Array.from({ length: count }, (_, index) => {
    const key = `${folder}/${index}.txt`;
    return { key, body: Buffer.from(`body of ${key}`) };
  });
}

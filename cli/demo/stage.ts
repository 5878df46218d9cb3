import type { RunRequestInput } from '../../contracts/run-request.js';
import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';
import { demoObjects } from './objects.js';

export interface Stage {
  request: RunRequestInput;
  /** What was set up, for people: one line each. */
  setting: string[];
}

export interface StageOptions {
  objects: number;
  /** So many objects are unreadable for good. */
  deny: number;
}

const SOURCE = 'demo-source';
const DESTINATION = 'demo-destination';
const INVENTORY = 'demo-inventory';
const INVENTORY_FILES = 4;
const DAY_MS = 86_400_000;

/** Sets up buckets, an inventory, what changed after it, and the faults that the run will meet. The same every time. */
export function setStage(engine: Engine, pipeline: Pipeline, options: StageOptions): Stage {
  const keys = fillSource(engine, options.objects);
  const already = fillDestination(engine, keys);
  engine.s3.createBucket(INVENTORY);
  const { manifestKey } = engine.s3.deliverInventory({
    bucket: SOURCE,
    destinationBucket: INVENTORY,
    prefix: 'inventory',
    configId: 'every-object',
    files: INVENTORY_FILES,
  });
  const changed = changeSource(engine, keys);
  const denied = plantFaults(engine, pipeline, keys, options.deny);
  return {
    request: {
      source: { bucket: SOURCE },
      manifest: `s3://${INVENTORY}/${manifestKey}`,
      destination: { bucket: DESTINATION },
    },
    setting: [
      `source       s3://${SOURCE}: ${keys.length.toLocaleString('en')} objects, ${changed.deleted} deleted and ${changed.replaced} replaced since the inventory`,
      `inventory    s3://${INVENTORY}/${manifestKey}`,
      `destination  s3://${DESTINATION}: has ${already.identical} of them already, and ${already.older} in an older state`,
      `on the way   a burst of SlowDown and of 500s, answers that get lost, a worker that dies halfway through its chunk${denied}`,
    ],
  };
}

function fillSource(engine: Engine, count: number): string[] {
  const lastWeek = engine.clock.now() - 7 * DAY_MS;
  const keys: string[] = [];
  engine.s3.createBucket(SOURCE);
  for (const { key, body, parts } of demoObjects(count)) {
    engine.s3.putObject(SOURCE, key, body, { lastModified: lastWeek, ...(parts ? { multipartParts: parts } : {}) });
    keys.push(key);
  }
  return keys;
}

/** What becomes of the object at a position, beside being copied. */
type Part = 'deleted' | 'replaced' | 'older' | 'identical' | 'plain';

/** Of a hundred objects one is deleted, one replaced and one there in an older state; of nine, one is there already. */
function partOf(index: number): Part {
  if (index % 100 === 33) return 'deleted';
  if (index % 100 === 66) return 'replaced';
  if (index % 100 === 51) return 'older';
  return index % 9 === 4 ? 'identical' : 'plain';
}

function keysOf(part: Part, keys: readonly string[]): string[] {
  return keys.filter((_, index) => partOf(index) === part);
}

function fillDestination(engine: Engine, keys: readonly string[]): { identical: number; older: number } {
  const twoWeeksAgo = engine.clock.now() - 14 * DAY_MS;
  const [older, identical] = [keysOf('older', keys), keysOf('identical', keys)];
  engine.s3.createBucket(DESTINATION);
  for (const key of older)
    engine.s3.putObject(DESTINATION, key, Buffer.from('an older state'), { lastModified: twoWeeksAgo });
  for (const key of identical)
    engine.s3.putObject(DESTINATION, key, engine.s3.getObject(SOURCE, key)?.body ?? Buffer.alloc(0));
  return { identical: identical.length, older: older.length };
}

function changeSource(engine: Engine, keys: readonly string[]): { deleted: number; replaced: number } {
  const [deleted, replaced] = [keysOf('deleted', keys), keysOf('replaced', keys)];
  for (const key of deleted) engine.s3.deleteObject(SOURCE, key);
  for (const key of replaced) engine.s3.putObject(SOURCE, key, Buffer.from(`replaced: ${key}`));
  return { deleted: deleted.length, replaced: replaced.length };
}

/** Evenly spread over the objects that the run has to read. */
function chooseDenied(keys: readonly string[], count: number): ReadonlySet<string> {
  const plain = keysOf('plain', keys);
  const step = Math.max(1, Math.floor(plain.length / Math.max(1, count)));
  // Not the very first ones: they are what the run looks at to see whether it may read at all.
  return new Set(plain.filter((_, index) => index % step === Math.floor(step / 2)).slice(0, count));
}

/** Faults of a normal day at S3, and two of a bad one: a worker that dies, and objects that fail for a whole pass. */
function plantFaults(engine: Engine, pipeline: Pipeline, keys: readonly string[], deny: number): string {
  const { faults } = engine.s3;
  const copies = { operation: 'CopyObject', bucket: DESTINATION } as const;
  const denied = chooseDenied(keys, deny);
  if (denied.size > 0) {
    const isDenied = (key: string) => denied.has(key);
    faults.add({ operation: 'CopyObject', sourceKey: isDenied, effect: { error: 'AccessDenied' } });
    faults.add({
      operation: ['GetObject', 'HeadObject'],
      bucket: SOURCE,
      key: isDenied,
      effect: { error: 'AccessDenied' },
    });
  }
  // One in four hundred fails for longer than a worker has patience, and is what the second pass is for.
  const stubborn = new Set(keys.filter((_, index) => index % 400 === 20));
  for (const key of stubborn) faults.add({ ...copies, key, times: 5, effect: { error: 'InternalError' } });
  faults.add({
    ...copies,
    skip: Math.floor(keys.length / 3),
    times: 1,
    effect: { call: () => killWorker(engine, pipeline) },
  });
  faults.add({ ...copies, skip: 100, times: 80, probability: 0.3, effect: { error: 'SlowDown' } });
  faults.add({ ...copies, skip: 300, times: 40, probability: 0.3, effect: { error: 'InternalError' } });
  faults.add({ ...copies, skip: 400, times: 5, probability: 0.1, effect: { errorIn200: 'InternalError' } });
  faults.add({ ...copies, skip: 500, times: 5, probability: 0.1, effect: { drop: 'after' } });
  return denied.size > 0 ? `; ${denied.size} objects that may not be read` : '';
}

function killWorker(engine: Engine, pipeline: Pipeline): void {
  engine.lambda.killRunning(pipeline.functionNames['copy-chunk'] ?? '');
}

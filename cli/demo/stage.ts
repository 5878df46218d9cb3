import type { RunRequestInput } from '../../contracts/run-request.js';
import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';
import { demoObjects } from './objects.js';

export interface Stage {
  request: RunRequestInput;
  /** What was set up, for people: one line each. */
  setting: string[];
  /** Objects that were copied so far. */
  copied(): number;
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
    copied: () => engine.s3.requests.count({ operation: 'CopyObject', bucket: DESTINATION }),
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

/** Every ninth object is there already, every hundredth in an older state. */
function fillDestination(engine: Engine, keys: readonly string[]): { identical: number; older: number } {
  const twoWeeksAgo = engine.clock.now() - 14 * DAY_MS;
  const there = { identical: 0, older: 0 };
  engine.s3.createBucket(DESTINATION);
  for (const [index, key] of keys.entries()) {
    const object = engine.s3.getObject(SOURCE, key);
    if (!object || object.etag.includes('-')) continue;
    if (index % 100 === 51) {
      engine.s3.putObject(DESTINATION, key, Buffer.from('an older state'), { lastModified: twoWeeksAgo });
      there.older += 1;
    } else if (index % 9 === 4) {
      engine.s3.putObject(DESTINATION, key, object.body);
      there.identical += 1;
    }
  }
  return there;
}

/** Of a hundred objects one is deleted and one replaced. */
function changeSource(engine: Engine, keys: readonly string[]): { deleted: number; replaced: number } {
  const deleted = keys.filter((_, index) => index % 100 === 33);
  const replaced = keys.filter((_, index) => index % 100 === 66);
  for (const key of deleted) engine.s3.deleteObject(SOURCE, key);
  for (const key of replaced) engine.s3.putObject(SOURCE, key, Buffer.from(`replaced: ${key}`));
  return { deleted: deleted.length, replaced: replaced.length };
}

/** Faults of a normal day at S3, and two of a bad one: a worker that dies, and objects that fail for a whole pass. */
function plantFaults(engine: Engine, pipeline: Pipeline, keys: readonly string[], deny: number): string {
  const { faults } = engine.s3;
  const copies = { operation: 'CopyObject', bucket: DESTINATION } as const;
  const denied = new Set(keys.filter((_, index) => index % 100 === 70).slice(0, deny));
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
  // One in a hundred fails for longer than a worker has patience, and is what the second pass is for.
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

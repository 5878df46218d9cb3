import { afterEach, describe, expect, it } from '@jest/globals';
import type { PairBounds } from '../../contracts/pair.js';
import { run as runSchema } from '../../contracts/run.js';
import { openEngine, type EngineUnderTest } from '../support/engine.js';
import { boundsOf, expectBooks, newWorld, type World } from '../support/world.js';

const NAME = 'bound';
const DAY_MS = 86_400_000;
const KEYS = ['photos/2024/a.jpg', 'photos/2024/b.jpg', 'photos/2025/c.jpg', 'videos/d.mp4'];

interface Bound {
  test: EngineUnderTest;
  world: World;
  /** What ReportRun published: the metrics of each run. */
  metrics: Record<string, unknown>[];
}

let opened: EngineUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

describe('A run of a pair that is bound to its buckets', () => {
  it('is all of the pair where its input is {}: the newest inventory, and the pair’s metrics', async () => {
    const { test, world, metrics } = await open();
    world.put('later.txt');
    const { manifestKey } = test.engine.s3.deliverInventory({
      bucket: world.source,
      destinationBucket: world.inventory,
      prefix: 'inventory',
      configId: 'all',
      at: test.engine.clock.now() + DAY_MS,
    });
    const ended = await test.startAndWait({});
    expect(ended.status).toBe('SUCCEEDED');
    const summary = expectBooks(test, ended.runId);
    expect(summary).toMatchObject({ status: 'Verified', scope: 'pair', pair: 'photos', verified: { copied: 5 } });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    expect(runOf(test, ended.runId)).toMatchObject({ scope: 'pair', manifest: { key: manifestKey } });
    expect(metrics).toMatchObject([{ pair: 'photos', ObjectsExpected: 5, ObjectsVerified: 5, RunsVerified: 1 }]);
  });

  it('counts and writes nothing where its input is {"dryRun": true}', async () => {
    const { test, world, metrics } = await open();
    const ended = await test.startAndWait({ dryRun: true });
    expect(ended.status).toBe('SUCCEEDED');
    expect(expectBooks(test, ended.runId)).toMatchObject({
      status: 'DryRun',
      scope: 'pair',
      message: expect.stringMatching(/^Nothing was written\. A run would copy 4 of 4 objects/),
      wouldCopy: { objects: 4 },
    });
    expect(world.contents(world.destination)).toEqual({});
    expect(metrics).toEqual([]);
  });

  it('copies a part of the source to the same part of the destination', async () => {
    const { test, world, metrics } = await open(4, {
      source: { bucket: `${NAME}-source`, prefix: 'photos/' },
      destination: { bucket: `${NAME}-destination`, prefix: 'archive/' },
    });
    const part = await test.startAndWait({ source: { prefix: 'photos/2024/' } });
    expect(expectBooks(test, part.runId)).toMatchObject({ scope: 'part', verified: { identical: 0, copied: 2 } });
    expect(Object.keys(world.contents(world.destination))).toEqual(['archive/2024/a.jpg', 'archive/2024/b.jpg']);
    const whole = await test.startAndWait({});
    expect(expectBooks(test, whole.runId)).toMatchObject({ scope: 'pair', verified: { identical: 2, copied: 1 } });
    expect(Object.keys(world.contents(world.destination))).toEqual([
      'archive/2024/a.jpg',
      'archive/2024/b.jpg',
      'archive/2025/c.jpg',
    ]);
    expect(metrics.map((each) => 'RunsVerified' in each)).toEqual([false, true]);
  });

  it.each<[string, (world: World) => object, RegExp]>([
    ['another destination', ({ inventory }) => ({ destination: { bucket: inventory } }), /^destination\.bucket: /],
    ['another source', ({ destination }) => ({ source: { bucket: destination } }), /^source\.bucket: /],
    ['another inventory', ({ source }) => ({ manifest: { latest: `s3://${source}/inventory/all/` } }), /^manifest: /],
    ['a sibling of its prefix', () => ({ destination: { prefix: 'archive2/' } }), /^destination\.prefix: /],
  ])('ends with OutsidePair where it asks for %s, before anything is read or written', async (_, inputOf, says) => {
    const { test, world } = await open(4, {
      destination: { bucket: `${NAME}-destination`, prefix: 'archive/' },
    });
    test.engine.s3.requests.reset();
    const ended = await test.startAndWait(inputOf(world), 'outside');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'OutsidePair' });
    const { errorMessage } = JSON.parse(ended.cause ?? '{}') as { errorMessage: string };
    expect(errorMessage).toMatch(says);
    expect(errorMessage).toMatch(/Deploy a pair of its own for another one\.$|Leave it out for the whole pair\.$/);
    expect(test.engine.s3.requests.count()).toBe(0);
    expect([...test.engine.s3.listObjects(test.pipeline.workBucket)]).toEqual([]);
    expect(world.contents(world.destination)).toEqual({});
  });

  it('does not ask S3 again and again for what is outside: it fails at once', async () => {
    const { test } = await open();
    await test.startAndWait({ source: { bucket: 'elsewhere' } });
    const prepared = test.engine.lambda.peaks().find(({ functionName }) => functionName.endsWith('prepare-run'));
    expect(prepared).toMatchObject({ invocations: 1, errors: 1 });
  });

  it('has the storage class of the pair on each copied object, and a second run copies none of them again', async () => {
    const { test, world } = await open(4, {
      destination: { bucket: `${NAME}-destination`, storageClass: 'GLACIER_IR' },
    });
    const first = await test.startAndWait({});
    expect(expectBooks(test, first.runId)).toMatchObject({ status: 'Verified', verified: { copied: 4 } });
    expect(classesOf(test, world)).toEqual(['GLACIER_IR', 'GLACIER_IR', 'GLACIER_IR', 'GLACIER_IR']);
    test.engine.s3.requests.reset();
    const second = await test.startAndWait({});
    expect(expectBooks(test, second.runId)).toMatchObject({
      status: 'Verified',
      verified: { identical: 4, copied: 0 },
      evidence: { etag: 4 },
    });
    expect(test.engine.s3.requests.count({ operation: 'CopyObject' })).toBe(0);
  });

  it('has the storage class of its input, where that says another one than the pair', async () => {
    const { test, world } = await open(2, {
      destination: { bucket: `${NAME}-destination`, storageClass: 'GLACIER_IR' },
    });
    const ended = await test.startAndWait({ destination: { storageClass: 'DEEP_ARCHIVE' } });
    expect(expectBooks(test, ended.runId)).toMatchObject({
      status: 'Verified',
      scope: 'pair',
      verified: { copied: 2 },
    });
    expect(classesOf(test, world)).toEqual(['DEEP_ARCHIVE', 'DEEP_ARCHIVE']);
  });

  it('copies nothing into a bucket that is another account’s than the pair says', async () => {
    const { test, world } = await open(4, {
      destination: { bucket: `${NAME}-destination`, account: '210987654321' },
    });
    const ended = await test.startAndWait({});
    expect(ended).toMatchObject({ status: 'FAILED', error: 'DestinationUnwritable' });
    expect(world.contents(world.destination)).toEqual({});
  });
});

/** An engine with a pair that is bound to a world of `count` objects and their inventory. */
async function open(count = KEYS.length, more: Partial<PairBounds> = {}): Promise<Bound> {
  const metrics: Bound['metrics'] = [];
  const onLog = (_: string, text: string) => {
    const fields = JSON.parse(text) as Record<string, unknown>;
    if ('_aws' in fields) metrics.push(fields);
  };
  const pipeline = { pair: 'photos', bounds: boundsOf(NAME, more), chunkRows: 2, retryDelayMs: 1 };
  const test = await openEngine({ engine: { onLog }, pipeline });
  opened = test;
  const world = newWorld(test, NAME);
  for (const key of KEYS.slice(0, count)) world.put(key);
  world.takeInventory();
  return { test, world, metrics };
}

function runOf({ engine, pipeline }: EngineUnderTest, runId: string) {
  const file = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/request.json`);
  return runSchema.parse(JSON.parse(file?.body.toString() ?? '{}'));
}

function classesOf({ engine }: EngineUnderTest, { destination }: World) {
  return [...engine.s3.listObjects(destination)].map(({ storageClass }) => storageClass);
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, type World } from '../support/world.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 40);
const test = useEngine({ pipeline: { chunkRows: 6, retryDelayMs: 1 } });

/** Keys of few, nasty characters, so that they collide, nest and sort unlike JavaScript's strings. */
const key = fc
  .array(
    fc.constantFrom(
      'a',
      'b',
      '/',
      ' ',
      '+',
      '%',
      '\n',
      '\u0001',
      'é',
      '\uE000',
      '\uFFFD',
      '🪣',
      '..',
      '"',
      ',',
      '\u2028',
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const object = fc.record({
  key,
  body: fc.string({ maxLength: 30 }),
  atDestination: fc.constantFrom('nothing', 'nothing', 'nothing', 'the same', 'older', 'as long'),
  since: fc.constantFrom('nothing', 'nothing', 'nothing', 'nothing', 'deleted', 'replaced', 'replicated'),
});

const fault = fc.record({
  operation: fc.constantFrom('CopyObject', 'CopyObject', 'ListObjectsV2', 'GetObject', 'PutObject', 'HeadObject'),
  effect: fc.constantFrom(
    { error: 'SlowDown' } as const,
    { error: 'InternalError' } as const,
    { drop: 'before' } as const,
    { drop: 'after' } as const,
    'kill' as const,
    'deny' as const,
  ),
  skip: fc.nat(30),
  times: fc.integer({ min: 1, max: 6 }),
});

const scene = fc.record({
  objects: fc.uniqueArray(object, { selector: (each) => each.key, maxLength: 30 }),
  strangers: fc.uniqueArray(key, { maxLength: 3 }),
  files: fc.integer({ min: 1, max: 3 }),
  sorted: fc.boolean(),
  destinationPrefix: fc.constantFrom(undefined, 'copy/', 'z'),
  faults: fc.array(fault, { maxLength: 4 }),
});
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;

describe('Whatever is in the buckets, and whatever fails on the way', () => {
  it(
    `the counts add up, each expected row is once in the report, and the destination ends equal to the source (${RUNS} runs)`,
    async () => {
      // Each scene is run twice: disturbed, then calm.
      await fc.assert(fc.asyncProperty(scene, play), { numRuns: Math.ceil(RUNS / 2), endOnFailure: true });
    },
    60_000 + RUNS * 3_000,
  );
});

async function play(each: Scene): Promise<void> {
  const world = setUp(each);
  const { s3 } = test().engine;
  for (const { operation, effect, skip, times } of each.faults) {
    const bucket = operation === 'CopyObject' ? { bucket: world.destination } : {};
    if (effect === 'deny')
      s3.faults.add({
        operation: 'CopyObject',
        bucket: world.destination,
        skip,
        times,
        effect: { error: 'AccessDenied' },
      });
    else
      s3.faults.add({ operation, ...bucket, skip, times, effect: effect === 'kill' ? { call: killWorkers } : effect });
  }
  const disturbed = await test().startAndWait(world.request);
  s3.faults.clear();
  // A fault may end the whole execution, by name; a run that came to its end has books, and they balance.
  if (test().summary(disturbed.runId)) expectBooks(test(), disturbed.runId);
  else expect(disturbed).toMatchObject({ status: 'FAILED', error: expect.any(String) });
  if (disturbed.status === 'SUCCEEDED') expectEqualSides(world, each);

  const calm = await test().startAndWait(world.request);
  expect(calm.status).toBe('SUCCEEDED');
  expect(expectBooks(test(), calm.runId)).toMatchObject({
    status: 'Verified',
    failed: 0,
    manifestRows: each.objects.length,
  });
  expectEqualSides(world, each);
}

function setUp(each: Scene): World {
  const world = newWorld(test());
  const { s3, clock } = test().engine;
  const prefix = each.destinationPrefix;
  if (prefix !== undefined) world.request.destination.prefix = prefix;
  const at = (objectKey: string) => `${prefix ?? ''}${objectKey}`;
  const old = { lastModified: clock.now() - 30 * 86_400_000 };
  for (const stranger of each.strangers) s3.putObject(world.destination, at(stranger), Buffer.from('a stranger'), old);
  for (const { key: objectKey, body, atDestination } of each.objects) {
    world.put(objectKey, body);
    const first = stateAtFirst(atDestination, body);
    if (first !== undefined)
      s3.putObject(world.destination, at(objectKey), Buffer.from(first), atDestination === 'the same' ? {} : old);
  }
  world.takeInventory({ files: each.files, sorted: each.sorted });
  for (const { key: objectKey, since } of each.objects) {
    if (since === 'deleted') s3.deleteObject(world.source, objectKey);
    if (since === 'replaced' || since === 'replicated') s3.putObject(world.source, objectKey, Buffer.from('newer'));
    if (since === 'replicated') s3.putObject(world.destination, at(objectKey), Buffer.from('newer'));
  }
  return world;
}

/** What the destination has of an object before the run; an empty one is `as long` as itself. */
function stateAtFirst(atDestination: string, body: string): string | undefined {
  if (atDestination === 'nothing') return undefined;
  if (atDestination === 'older') return 'older';
  return atDestination === 'the same' ? body : body.replaceAll(/./gsu, '-');
}

function expectEqualSides(world: World, each: Scene): void {
  const [source, destination] = [world.contents(world.source), world.contents(world.destination)];
  for (const { key: objectKey, body, atDestination, since } of each.objects) {
    if (since === 'deleted') continue;
    // The run is pinned to the inventory: what the destination has of it already is not looked for at the source.
    const isInventorysState = since === 'replaced' && stateAtFirst(atDestination, body) === body;
    expect(destination[`${each.destinationPrefix ?? ''}${objectKey}`]).toBe(
      isInventorysState ? body : source[objectKey],
    );
  }
}

function killWorkers(): void {
  const { engine, pipeline } = test();
  for (const name of Object.values(pipeline.functionNames)) engine.lambda.killRunning(name);
}

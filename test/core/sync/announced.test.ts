import { describe, expect, it } from '@jest/globals';
import { endOf, settled, TwoBuckets, type Kind } from './two-buckets.js';

const BOTH: Kind = { direction: 'both', propagateDeletes: true, isVersioned: true, isOpaque: false };
const DAY_MS = 86_400_000;

/** Of the one key, on both sides. */
const bodies = (world: TwoBuckets) => [world.body('source', 'a'), world.body('destination', 'a')];

/** Lets a worker go on, so many steps. */
async function goOn(world: TwoBuckets, worker: number, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    await settled();
    const next = world.steps.findIndex((each) => each.worker === worker);
    if (next === -1) throw new Error(`Expected a step ${step + 1} of worker ${worker}.`);
    world.go(next);
  }
  await settled();
}

async function toItsEnd(world: TwoBuckets, worker: number): Promise<void> {
  await settled();
  while (world.steps.some((each) => each.worker === worker)) await goOn(world, worker, 1);
}

async function change(world: TwoBuckets, side: 'source' | 'destination', body: string | undefined): Promise<void> {
  world.change(side, 'a', body);
  await endOf(world);
}

async function afterRun(kind: Kind): Promise<TwoBuckets> {
  const world = new TwoBuckets(kind);
  world.fill('a', 'A', ['source']);
  world.run('a');
  await endOf(world);
  expect(bodies(world)).toEqual(['A', 'A']);
  return world;
}

describe('A copy that a run has announced', () => {
  it('says nothing of the same bytes that somebody writes there later', async () => {
    const world = await afterRun(BOTH);
    await change(world, 'destination', 'B');
    await change(world, 'destination', 'A');
    expect(bodies(world)).toEqual(['A', 'A']);
  });

  it('says nothing of the same bytes that somebody puts back where they were deleted', async () => {
    const world = await afterRun(BOTH);
    await change(world, 'source', undefined);
    expect(bodies(world)).toEqual([undefined, undefined]);
    await change(world, 'destination', 'A');
    expect(bodies(world)).toEqual(['A', 'A']);
  });

  it('and that was never written, does not make another object of its size a copy, once its worker has ended', async () => {
    const world = new TwoBuckets({ ...BOTH, isOpaque: true, isWithoutChecksums: true });
    world.fill('a', 'old', ['source']);
    const run = world.run('a');
    // It looks, announces, and dies.
    await goOn(world, run, 2);
    world.kill(run, false);
    world.later(DAY_MS);
    await change(world, 'destination', 'new');
    expect(bodies(world)).toEqual(['new', 'new']);
  });

  it('is seen by a worker that has the key and looks once more', async () => {
    const world = new TwoBuckets({ ...BOTH, isVersioned: false });
    world.change('source', 'a', 'body 1');
    const worker = world.deliver(0);
    // Its record, both sides, and what it means to write.
    await goOn(world, worker, 4);
    world.change('source', 'a', 'body 2');
    // What it was to copy is not there any more; it begins anew with its record.
    await goOn(world, worker, 2);
    const run = world.run('a');
    // Looks, finds a record, adds to it, and reads what it copies.
    await goOn(world, run, 5);
    world.change('source', 'a', 'body 3');
    await goOn(world, run, 1);
    expect(bodies(world)).toEqual(['body 3', 'body 2']);
    await endOf(world);
    expect(bodies(world)).toEqual(['body 3', 'body 3']);
  });

  it.each([
    { title: 'on file', steps: 2 },
    { title: 'not on file yet', steps: 1 },
  ])(
    'does not replace what was written at the destination since, by a source that is a copy of what was there before: $title',
    async ({ steps }) => {
      const world = new TwoBuckets(BOTH);
      world.change('destination', 'a', 'body 1');
      const worker = world.deliver(0);
      // Its record, both sides, what it means to write, and what it reads.
      await goOn(world, worker, 5);
      world.change('destination', 'a', 'body 2');
      // Written later than that.
      await goOn(world, worker, steps);
      expect(bodies(world)).toEqual(['body 1', 'body 2']);
      await toItsEnd(world, world.run('a'));
      await endOf(world);
      expect(bodies(world)).toEqual(['body 2', 'body 2']);
    },
  );

  it('one way replaces an older object that came back at the destination when a version was deleted there', async () => {
    const world = new TwoBuckets({ ...BOTH, direction: 'one-way' });
    await change(world, 'source', 'first');
    const first = world.buckets.destination.get('a');
    await change(world, 'source', 'second');
    if (first) world.buckets.destination.set('a', first);
    expect(bodies(world)).toEqual(['second', 'first']);
    await toItsEnd(world, world.run('a'));
    expect(bodies(world)).toEqual(['second', 'second']);
  });

  it('is deleted where its source was deleted before it arrived', async () => {
    const world = new TwoBuckets({ ...BOTH, direction: 'one-way' });
    world.fill('a', 'A', ['source']);
    const run = world.run('a');
    // It looks, announces, and reads.
    await goOn(world, run, 3);
    world.change('source', 'a', undefined);
    await goOn(world, world.deliver(0), 4);
    await endOf(world);
    expect(bodies(world)).toEqual([undefined, undefined]);
  });
});

describe('What a restore brings back as of a time', () => {
  it.each(['overwritten', 'deleted'])('stays, where the object was %s meanwhile', async (how) => {
    const world = new TwoBuckets(BOTH);
    await change(world, 'source', 'good');
    const version = world.buckets.destination.get('a')?.versionId ?? '';
    await change(world, 'source', how === 'deleted' ? undefined : 'bad');
    world.later(DAY_MS);
    world.restore('a', version);
    await endOf(world);
    expect(bodies(world)).toEqual(['good', 'good']);
  });
});

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

describe('A deletion', () => {
  it.each([
    { direction: 'one-way', body: 'A' },
    { direction: 'one-way', body: 'B' },
    { direction: 'both', body: 'A' },
    { direction: 'both', body: 'B' },
  ] as const)('outlives a run’s copy that lands after it: $direction, of $body', async ({ direction, body }) => {
    const world = new TwoBuckets({ ...BOTH, direction });
    world.fill('a', 'A', ['source']);
    const run = world.run('a');
    // It looks, announces, and reads.
    await goOn(world, run, 3);
    if (body === 'A') world.redrive('a', 'source');
    else world.change('source', 'a', body);
    await toItsEnd(world, world.deliver(0));
    expect(bodies(world)).toEqual([body, body]);
    world.change('source', 'a', undefined);
    while (world.queue.length > 0 && world.body('destination', 'a') !== undefined)
      await toItsEnd(world, world.deliver(0));
    expect(bodies(world)).toEqual([undefined, undefined]);
    await toItsEnd(world, run);
    await endOf(world);
    expect(bodies(world)).toEqual([undefined, undefined]);
  });

  it('that waits for a run’s copy holds up nobody', async () => {
    const world = new TwoBuckets({ ...BOTH, direction: 'one-way' });
    world.fill('a', 'A', ['source']);
    world.run('a');
    await endOf(world);
    world.fill('a', 'B', ['source']);
    const run = world.run('a');
    // It looks, finds a record, and adds to it.
    await goOn(world, run, 4);
    world.change('source', 'a', undefined);
    const worker = world.deliver(0);
    // Its record, both sides, and that it means to delete.
    await goOn(world, worker, 4);
    world.change('destination', 'a', undefined);
    await toItsEnd(world, worker);
    world.change('source', 'a', 'C');
    const queued = world.queue.findIndex(({ record }) => record.body.includes('Object Created'));
    await toItsEnd(world, world.deliver(queued));
    expect(bodies(world)).toEqual(['C', 'C']);
    await endOf(world);
    expect(bodies(world)).toEqual(['C', 'C']);
  });
});

describe('A table that has no time', () => {
  it('is waited for, and makes no key a failure', async () => {
    const world = new TwoBuckets(BOTH);
    world.change('source', 'a', 'A');
    world.isThrottled = true;
    for (let tries = 0; tries < 8; tries++) await goOn(world, world.deliver(0), 2);
    expect(world.errors).toEqual([]);
    // Each time a message of its own, which was not received before.
    expect(world.queue.map(({ record }) => record.attributes.ApproximateReceiveCount)).toEqual([0]);
    world.isThrottled = false;
    await endOf(world);
    expect(bodies(world)).toEqual(['A', 'A']);
  });
});

describe('A live copy that failed', () => {
  it('to put on file what it wrote, since the table had no time, holds up nobody', async () => {
    const world = new TwoBuckets({ ...BOTH, direction: 'one-way' });
    world.change('source', 'a', 'A');
    const worker = world.deliver(0);
    // Its record, both sides, what it means to write, and the copy.
    await goOn(world, worker, 6);
    world.isThrottled = true;
    await goOn(world, worker, 1);
    world.isThrottled = false;
    expect(world.errors.splice(0)).toMatchObject([{ code: 'ThrottlingException' }]);
    expect(world.queue).toHaveLength(1);
    await toItsEnd(world, world.deliver(0));
    world.change('source', 'a', 'B');
    await toItsEnd(world, world.deliver(0));
    expect(bodies(world)).toEqual(['B', 'B']);
    expect(world.copies.destination).toBe(2);
  });

  it('does not make another object of its size a copy, a day later', async () => {
    const world = new TwoBuckets({ ...BOTH, isOpaque: true, isWithoutChecksums: true });
    world.fill('a', 'old', ['source']);
    world.refusesCopies = true;
    world.redrive('a', 'source');
    await toItsEnd(world, world.deliver(0));
    expect(bodies(world)).toEqual(['old', undefined]);
    // Given up by the queue.
    world.queue.length = 0;
    world.refusesCopies = false;
    world.later(DAY_MS);
    await change(world, 'destination', 'new');
    expect(bodies(world)).toEqual(['new', 'new']);
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

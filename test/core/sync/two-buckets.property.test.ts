import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sides, type Side } from '../../../contracts/live.js';
import { endOf, settled, TwoBuckets, type Kind } from './two-buckets.js';

const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 150);
const KEYS = ['a', 'b'];

/** What may happen next; numbers choose among what there is. */
type Event =
  | { kind: 'write'; side: Side; key: string }
  | { kind: 'delete'; side: Side; key: string }
  | { kind: 'deliver' | 'deliverTwice'; which: number; count: number }
  | { kind: 'run'; key: string }
  | { kind: 'go'; which: number }
  | { kind: 'kill'; which: number; isServed: boolean };

const which = fc.nat(50);
const step = fc.record({ kind: fc.constant('go' as const), which });
/** Of a batch; most are of one message, or few keys would be on their way at once. */
const count = fc.oneof(
  { arbitrary: fc.constant(1), weight: 3 },
  { arbitrary: fc.integer({ min: 2, max: 5 }), weight: 1 },
);
const deliver = fc.record({ kind: fc.constant('deliver' as const), which, count });
const twice = fc.record({ kind: fc.constant('deliverTwice' as const), which, count });
const kill = fc.record({ kind: fc.constant('kill' as const), which, isServed: fc.boolean() });
const key = fc.constantFrom(...KEYS);
const writeAt = (side: fc.Arbitrary<Side>) => fc.record({ kind: fc.constant('write' as const), side, key });
const deleteAt = (side: fc.Arbitrary<Side>) => fc.record({ kind: fc.constant('delete' as const), side, key });
const run = fc.record({ kind: fc.constant('run' as const), key });
const atSource = fc.constant<Side>('source');
const anywhere = fc.constantFrom<Side>(...sides);

function history(...changes: { arbitrary: fc.Arbitrary<Event>; weight: number }[]): fc.Arbitrary<Event[]> {
  return fc.array(
    fc.oneof(
      { arbitrary: step, weight: 14 },
      { arbitrary: deliver, weight: 5 },
      { arbitrary: kill, weight: 1 },
      ...changes,
    ),
    { minLength: 10, maxLength: 120 },
  );
}

const kinds = fc.record({ isVersioned: fc.boolean(), isOpaque: fc.boolean() });

describe('Two buckets under a live copy, whatever the order of events, answers and deaths of workers', () => {
  it('one way: every key ends as its last version', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history({ arbitrary: writeAt(atSource), weight: 3 }, { arbitrary: twice, weight: 1 }),
        async (kind, events) => {
          const { world, last } = await play({ ...kind, direction: 'one-way', propagateDeletes: false }, events);
          for (const key of KEYS) expect([key, world.body('destination', key)]).toEqual([key, last.get(key)]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('one way with deletions: every key ends as its last version, or gone where that was deleted', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history({ arbitrary: writeAt(atSource), weight: 3 }, { arbitrary: deleteAt(atSource), weight: 2 }),
        async (kind, events) => {
          const { world, last } = await play({ ...kind, direction: 'one-way', propagateDeletes: true }, events);
          for (const key of KEYS) expect([key, world.body('destination', key)]).toEqual([key, last.get(key)]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('both ways: both sides end as the last write of either, and no write is sent more than once', async () => {
    await fc.assert(
      fc.asyncProperty(kinds, history({ arbitrary: writeAt(anywhere), weight: 3 }), async (kind, events) => {
        const { world, last, writes } = await play({ ...kind, direction: 'both', propagateDeletes: false }, events);
        for (const key of KEYS)
          expect([key, world.body('source', key), world.body('destination', key)]).toEqual([
            key,
            last.get(key),
            last.get(key),
          ]);
        expect(world.copies.source + world.copies.destination).toBeLessThanOrEqual(writes);
      }),
      { numRuns: RUNS },
    );
  });

  it('both ways where deletions stay where they are: what was written last, on either side, is on both', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history({ arbitrary: writeAt(anywhere), weight: 3 }, { arbitrary: deleteAt(anywhere), weight: 1 }),
        async (kind, events) => {
          const { world, last } = await play({ ...kind, direction: 'both', propagateDeletes: false }, events);
          for (const key of KEYS) {
            const body = last.get(key);
            if (body !== undefined)
              expect([key, world.body('source', key), world.body('destination', key)]).toEqual([key, body, body]);
          }
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('both ways with deletions and messages that are delivered twice at once: both sides end the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history(
          { arbitrary: writeAt(anywhere), weight: 3 },
          { arbitrary: deleteAt(anywhere), weight: 2 },
          { arbitrary: twice, weight: 1 },
        ),
        async (kind, events) => {
          const { world } = await play({ ...kind, direction: 'both', propagateDeletes: true }, events);
          for (const key of KEYS)
            expect([key, world.body('destination', key)]).toEqual([key, world.body('source', key)]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('Two buckets under a live copy, while runs bring over what was there before', () => {
  it.each(['one-way', 'both'] as const)(
    '%s: every key ends as its last write, wherever that was',
    async (direction) => {
      const writes = writeAt(direction === 'both' ? anywhere : atSource);
      await fc.assert(
        fc.asyncProperty(
          kinds,
          history({ arbitrary: writes, weight: 3 }, { arbitrary: run, weight: 3 }),
          async (kind, events) => {
            const { world, last } = await play({ ...kind, direction, propagateDeletes: false }, events, 'old');
            for (const key of KEYS)
              expect([key, world.body('source', key), world.body('destination', key)]).toEqual([
                key,
                last.get(key),
                last.get(key),
              ]);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});

describe('Two buckets under a live copy with deletions, while runs bring over what was there before', () => {
  it('both ways: both sides end the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history(
          { arbitrary: writeAt(anywhere), weight: 3 },
          { arbitrary: deleteAt(anywhere), weight: 2 },
          { arbitrary: run, weight: 3 },
        ),
        async (kind, events) => {
          const { world } = await play({ ...kind, direction: 'both', propagateDeletes: true }, events, 'old');
          for (const key of KEYS)
            expect([key, world.body('destination', key)]).toEqual([key, world.body('source', key)]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('Two buckets under a live copy one way with deletions, while runs bring over what was there before', () => {
  it('every key ends as its last version, or gone where that was deleted', async () => {
    await fc.assert(
      fc.asyncProperty(
        kinds,
        history(
          { arbitrary: writeAt(atSource), weight: 3 },
          { arbitrary: deleteAt(atSource), weight: 2 },
          { arbitrary: run, weight: 3 },
        ),
        async (kind, events) => {
          const { world, last } = await play({ ...kind, direction: 'one-way', propagateDeletes: true }, events, 'old');
          for (const key of KEYS) expect([key, world.body('destination', key)]).toEqual([key, last.get(key)]);
        },
      ),
      { numRuns: RUNS },
    );
  });
});

describe('A deletion of what is not on file', () => {
  it.each(['one-way', 'both'] as const)(
    'that failed is made good by a redrive, which knows the key alone: %s',
    async (direction) => {
      const world = new TwoBuckets({ direction, propagateDeletes: true, isVersioned: false, isOpaque: false });
      world.fill('a', 'from a run');
      world.keepsAll = true;
      world.change('source', 'a', undefined);
      world.deliver(0);
      while (world.working.size > 0) {
        await settled();
        world.go(0);
        await settled();
      }
      expect(world.body('destination', 'a')).toBe('from a run');
      // Given up by the queue.
      world.queue.length = 0;
      world.keepsAll = false;
      world.redrive('a', 'source');
      await endOf(world);
      expect(world.body('destination', 'a')).toBeUndefined();
    },
  );
});

/**
 * Plays a history, and then lets everything come to its end.
 * @param old what the source holds from before, of which no event tells: a run brings over what is left of it in the end
 */
async function play(kind: Kind, events: readonly Event[], old?: string) {
  const world = new TwoBuckets(kind);
  /** What was written or deleted last of each key, on whichever side. */
  const last = new Map<string, string | undefined>();
  let writes = 0;
  for (const key of old === undefined ? [] : KEYS) {
    world.fill(key, `${old} ${key}`.padEnd(12), ['source']);
    last.set(key, world.body('source', key));
  }
  for (const event of events) {
    switch (event.kind) {
      case 'write': {
        const body = `body ${(writes += 1)}`.padEnd(12);
        world.change(event.side, event.key, body);
        last.set(event.key, body);
        break;
      }
      case 'run':
        world.run(event.key);
        break;
      case 'delete':
        world.change(event.side, event.key, undefined);
        last.set(event.key, undefined);
        break;
      case 'deliver':
      case 'deliverTwice':
        if (world.queue.length > 0)
          world.deliver(event.which % world.queue.length, {
            again: event.kind === 'deliverTwice',
            count: event.count,
          });
        break;
      case 'kill': {
        const workers = [...world.working.keys()];
        if (workers.length > 0) world.kill(workers[event.which % workers.length] ?? 0, event.isServed);
        break;
      }
      case 'go':
        if (world.steps.length > 0) world.go(event.which % world.steps.length);
    }
    await settled();
  }
  await endOf(world);
  if (old !== undefined) for (const key of KEYS) world.run(key);
  await endOf(world);
  return { world, last, writes };
}

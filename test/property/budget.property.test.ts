import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Budget } from '../../core/fences/budget.js';
import type { Amount, FailureTable } from '../../core/ports.js';

/** What a worker does next: copies an object, finds that S3 refused it, ends its call, or dies with what it holds. */
type Deed = { kind: 'copy' | 'refused'; bytes: number } | { kind: 'end' | 'die' };

const deeds = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant('copy' as const), bytes: fc.integer({ min: 0, max: 500 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('refused' as const), bytes: fc.integer({ min: 0, max: 500 }) }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'end' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'die' as const }) },
  ),
  { maxLength: 60 },
);
const workers = fc.array(deeds, { minLength: 1, maxLength: 8 });
const fences = fc.record(
  { maxObjects: fc.integer({ min: 1, max: 200 }), maxBytes: fc.integer({ min: 1, max: 20_000 }) },
  { requiredKeys: [] },
);

describe('What many workers copy of one budget', () => {
  it('is never more than the run may copy, whoever dies', async () => {
    await fc.assert(
      fc.asyncProperty(workers, fences, fc.scheduler(), async (plans, most, scheduler) => {
        const copied = { objects: 0, bytes: 0 };
        const table = tableOf(scheduler);
        const work = plans.map((plan) => workerOf(plan, most, table, copied));
        await scheduler.waitFor(Promise.all(work));
        expect(copied.objects).toBeLessThanOrEqual(most.maxObjects ?? Infinity);
        expect(copied.bytes).toBeLessThanOrEqual(most.maxBytes ?? Infinity);
      }),
      { numRuns: 300 },
    );
  });

  it('is all that the run may copy, where one worker alone asks until it is refused', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 1, max: 50 }),
        async (maxObjects, maxConcurrency) => {
          let asked = 0;
          const inner = tableOf();
          const table: typeof inner = { ...inner, take: (...args) => ((asked += 1), inner.take(...args)) };
          const budget = new Budget(table, 'run', { maxObjects, maxConcurrency }, 1);
          let copied = 0;
          while (await budget.take({ objects: 1, bytes: 1 })) copied += 1;
          expect(copied).toBe(maxObjects);
          expect(budget.reached).toBe('maxObjects');
          // The table is asked for many at once: about 22 times a worker beside one in a hundred objects.
          expect(asked).toBeLessThanOrEqual(maxObjects / 100 + 22 * maxConcurrency + 2);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('costs nothing where there is no fence', async () => {
    const refuse = () => Promise.reject(new Error('The table was asked.'));
    const budget = new Budget({ take: refuse, giveBack: refuse }, 'run', { maxConcurrency: 4 }, 1);
    expect(await budget.take({ objects: 1, bytes: 5e12 })).toBe(true);
    await budget.close();
    expect(budget.reached).toBeUndefined();
  });
});

type Table = Pick<FailureTable, 'take' | 'giveBack'>;

async function workerOf(
  plan: readonly Deed[],
  most: { maxObjects?: number; maxBytes?: number },
  table: Table,
  copied: { objects: number; bytes: number },
): Promise<void> {
  const open = () => new Budget(table, 'run', { ...most, maxConcurrency: 4 }, 100);
  let budget = open();
  for (const deed of plan) {
    if (deed.kind === 'copy' || deed.kind === 'refused') {
      const amount = { objects: 1, bytes: deed.bytes };
      if (!(await budget.take(amount))) break;
      if (deed.kind === 'refused') budget.putBack(amount);
      else {
        copied.objects += 1;
        copied.bytes += deed.bytes;
      }
    } else {
      if (deed.kind === 'end') await budget.close();
      budget = open();
    }
  }
  await budget.close();
}

/** A table as DynamoDB keeps it: each call at once, in whatever order the scheduler lets them come. */
function tableOf(scheduler?: fc.Scheduler): Table {
  const taken: Record<keyof Amount, number> = { objects: 0, bytes: 0 };
  const come = async () => {
    await scheduler?.schedule(Promise.resolve());
  };
  return {
    take: async (_, least, wanted, most) => {
      await come();
      const names = (['objects', 'bytes'] as const).filter((name) => most[name] !== undefined);
      const left = (name: keyof Amount) => (most[name] ?? 0) - taken[name];
      const spent = names.find((name) => left(name) < (least[name] ?? 0));
      if (spent) return { kind: 'spent', of: spent };
      const amount = Object.fromEntries(names.map((name) => [name, Math.min(wanted[name] ?? 0, left(name))]));
      for (const name of names) taken[name] += amount[name] ?? 0;
      return { kind: 'taken', amount, left: Object.fromEntries(names.map((name) => [name, left(name)])) };
    },
    giveBack: async (_, amount) => {
      await come();
      for (const name of ['objects', 'bytes'] as const) taken[name] -= amount[name] ?? 0;
    },
  };
}

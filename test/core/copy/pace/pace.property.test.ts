import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pace, type PaceOptions } from '../../../../core/copy/pace.js';
import { crowd, SimulatedServer, VirtualClock, type Limit } from './simulation.js';

/** Callers who always want more: more than are ever in flight. */
const CALLERS = 300;
const MOST_IN_FLIGHT = 128;

/** A server that a worker can ask too much of: what is in flight, over the latency, is well above its limit. */
const server = fc
  .record({
    perSecond: fc.oneof(fc.integer({ min: 20, max: 200 }), fc.integer({ min: 20, max: 2_000 })),
    latencyMs: fc.integer({ min: 5, max: 200 }),
    burstSeconds: fc.double({ min: 0.2, max: 2, noNaN: true }),
  })
  .filter(({ perSecond, latencyMs }) => perSecond < (0.6 * MOST_IN_FLIGHT * 1000) / latencyMs);

describe('A worker that always wants more', () => {
  it('settles within ten seconds near what S3 takes, and wastes at most 2 % of its requests from then on', async () => {
    await fc.assert(
      fc.asyncProperty(server, async ({ perSecond, ...rest }) => {
        const served = await asked({ perSecond: () => perSecond, ...rest }, 30);
        expect(served.rate(10, 30)).toBeGreaterThan(0.9 * perSecond);
        expect(served.waste(10, 30)).toBeLessThanOrEqual(0.02);
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  it('does so too where S3 takes more than from one partition', async () => {
    const served = await asked({ perSecond: () => 10_000, latencyMs: 5 }, 20);
    expect(served.rate(10, 20)).toBeGreaterThan(9_000);
    expect(served.waste(10, 20)).toBeLessThanOrEqual(0.02);
  });

  it('asks for less within seconds when S3 takes less, and for more when it takes more', async () => {
    await fc.assert(
      fc.asyncProperty(server, fc.double({ min: 0.2, max: 0.6, noNaN: true }), async ({ perSecond, ...rest }, part) => {
        const limit = (now: number) => (now >= 15_000 && now < 35_000 ? Math.max(20, part * perSecond) : perSecond);
        const served = await asked({ perSecond: limit, ...rest }, 75);
        expect(served.waste(22, 35)).toBeLessThanOrEqual(0.03);
        expect(served.rate(22, 35)).toBeGreaterThan(0.85 * limit(30_000));
        expect(served.rate(60, 75)).toBeGreaterThan(0.85 * perSecond);
      }),
      { numRuns: 8, seed: 2 },
    );
  });

  it('goes on at its old rate soon after S3 has refused everything for a while', async () => {
    const limit = (now: number) => (now >= 15_000 && now < 25_000 ? 0 : 500);
    const served = await asked({ perSecond: limit }, 50);
    expect(served.rate(40, 50)).toBeGreaterThan(0.9 * 500);
  });

  it('never asks for more than its own ceiling allows, whatever S3 takes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.double({ min: 0.5, max: 50, noNaN: true }), fc.double({ min: 50, max: 2_000, noNaN: true })),
        fc.option(fc.integer({ min: 20, max: 2_000 }), { nil: Infinity }),
        async (ceiling, perSecond) => {
          const served = await asked({ perSecond: () => perSecond }, 20, { perSecond: ceiling });
          const burst = Math.max(1, ceiling * 0.05);
          const { times } = served;
          // Stretches of time from a request to a later one; a clock of whole milliseconds may round each end.
          const above = [2, 10, 100, 1_000].flatMap((length) =>
            times.slice(length - 1).filter((time, from) => {
              const seconds = (time - (times[from] ?? 0)) / 1000;
              return length > ceiling * (seconds + 0.002) + burst + 1;
            }),
          );
          expect(above).toEqual([]);
          if (perSecond > 2 * ceiling) expect(served.rate(5, 20)).toBeGreaterThan(0.9 * ceiling - 0.1);
        },
      ),
      { numRuns: 20, seed: 3 },
    );
  });

  it('counts what is streamed twice: it is read, and it is written', async () => {
    const served = await asked({ perSecond: () => Infinity }, 20, { perSecond: 100 }, 2);
    expect(served.rate(5, 20)).toBeCloseTo(50, -0.5);
  });
});

describe('Several workers on one prefix', () => {
  it('share what it takes without waste, and after a minute evenly', async () => {
    const clock = new VirtualClock();
    const shared = new SimulatedServer(clock, { perSecond: () => 400 });
    const answered = Array<number>(10).fill(0);
    for (const worker of answered.keys()) {
      const pace = paceOf(clock);
      crowd(clock, 40, 120_000, async () => {
        await pace.write({ key: 'a/b', usesKms: false }, shared.call);
        if (clock.now() > 60_000) answered[worker] = (answered[worker] ?? 0) + 1;
      });
    }
    await clock.runTo(120_000);
    expect(shared.rate(20, 120)).toBeGreaterThan(0.85 * 400);
    expect(shared.waste(20, 120)).toBeLessThanOrEqual(0.02);
    expect(Math.max(...answered)).toBeLessThan(1.5 * Math.min(...answered));
  });
});

describe('Every call', () => {
  it('is tried, in order, and in the end answered, however little S3 takes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 200 }), async (perSecond, calls) => {
        const clock = new VirtualClock();
        const pace = paceOf(clock);
        const slow = new SimulatedServer(clock, { perSecond: () => perSecond });
        const tried = new Set<number>();
        let answered = 0;
        for (let index = 0; index < calls; index++)
          void pace
            .write({ key: 'a/b', usesKms: false }, () => {
              tried.add(index);
              return slow.call();
            })
            .then(() => (answered += 1));
        await clock.runTo(60_000 + (4_000 * calls) / perSecond);
        expect([...tried]).toEqual([...Array(calls).keys()]);
        expect(answered).toBe(calls);
      }),
      { numRuns: 20, seed: 4 },
    );
  });
});

describe('A prefix that S3 throttles', () => {
  it('holds no other, and reads of neither side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (perSecond) => {
        const clock = new VirtualClock();
        const pace = paceOf(clock, { prefixes: new Set(['slow/', 'quick/']) });
        const slow = new SimulatedServer(clock, { perSecond: () => perSecond });
        const quick = new SimulatedServer(clock, { perSecond: () => Infinity });
        const reads = new SimulatedServer(clock, { perSecond: () => Infinity });
        crowd(clock, 100, 20_000, () => pace.write({ key: 'slow/1', usesKms: false }, slow.call));
        crowd(clock, 20, 20_000, () => pace.write({ key: 'quick/1', usesKms: false }, quick.call));
        crowd(clock, 5, 20_000, () => pace.patiently(reads.call));
        crowd(clock, 5, 20_000, () => pace.patiently(reads.call, 'source'));
        await clock.runTo(20_000);
        // As many as so many callers can ask for at 50 ms each.
        expect(quick.rate(5, 20)).toBeGreaterThan(0.95 * 400);
        expect(reads.rate(5, 20)).toBeGreaterThan(0.95 * 200);
        expect(slow.rate(5, 20)).toBeGreaterThan(0.5 * perSecond);
      }),
      { numRuns: 6, seed: 5 },
    );
  });
});

function paceOf(clock: VirtualClock, options: PaceOptions = {}): Pace {
  return new Pace({ clock, random: () => 0.5, retryDelayMs: 100 }, { isLate: () => false, ...options });
}

/** What a server was asked for by a worker that always wants more. */
async function asked(limit: Limit, seconds: number, options: PaceOptions = {}, requests = 1): Promise<SimulatedServer> {
  const clock = new VirtualClock();
  const served = new SimulatedServer(clock, limit);
  const pace = paceOf(clock, options);
  crowd(clock, CALLERS, seconds * 1000, () => pace.write({ key: 'a/b', usesKms: false, requests }, served.call));
  await clock.runTo(seconds * 1000);
  return served;
}

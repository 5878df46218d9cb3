import { describe, expect, it } from '@jest/globals';
import { Pace } from '../../../core/copy/pace.js';
import { StorageError, type StorageErrorKind } from '../../../core/errors.js';

describe('A call that S3 may yet answer', () => {
  it.each<[StorageErrorKind, number]>([
    ['throttled', 8],
    ['transient', 5],
    ['refused', 1],
  ])('is tried, where it is %s, %d times in all', async (kind, tries) => {
    const { pace, slept } = paceOf();
    let asked = 0;
    const call = () => {
      asked += 1;
      return Promise.reject(errorOf(kind));
    };
    await expect(pace.patiently(call)).rejects.toMatchObject({ kind });
    expect(asked).toBe(tries);
    expect(slept).toHaveLength(tries - 1);
  });

  it('is answered as soon as S3 does', async () => {
    const { pace } = paceOf();
    let asked = 0;
    const answer = await pace.patiently(() => {
      asked += 1;
      return asked < 4 ? Promise.reject(errorOf('throttled')) : Promise.resolve('at last');
    });
    expect([answer, asked]).toEqual(['at last', 4]);
  });

  it('waits twice as long each time, by a random part, and never longer than ten seconds', async () => {
    const most = paceOf({ random: 1, retryDelayMs: 1_000 });
    await expect(most.pace.patiently(() => Promise.reject(errorOf('throttled')))).rejects.toThrow();
    expect(most.slept).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000]);

    const half = paceOf({ random: 0.5, retryDelayMs: 100 });
    await expect(half.pace.patiently(() => Promise.reject(errorOf('transient')))).rejects.toThrow();
    expect(half.slept).toEqual([50, 100, 200, 400]);
  });

  it('is not tried again where the fault is ours', async () => {
    const { pace, slept } = paceOf();
    const call = () => Promise.reject(new TypeError('a defect'));
    await expect(pace.patiently(call)).rejects.toThrow('a defect');
    expect(slept).toEqual([]);
  });
});

describe('A worker', () => {
  it('has at most 32 copies in flight at first', async () => {
    const { pace } = paceOf();
    const inFlight = await fill(pace);
    expect(inFlight()).toBe(32);
  });

  it('has half as many when S3 says SlowDown, once for all of a burst', async () => {
    const { pace, clock } = paceOf();
    await Promise.all([1, 2, 3].map(() => slowDownOnce(pace)));
    expect((await fill(pace))()).toBe(16);

    const another = paceOf();
    for (let burst = 0; burst < 3; burst++) {
      await slowDownOnce(another.pace);
      another.clock.time += 200;
    }
    expect((await fill(another.pace))()).toBe(4);
    expect(clock.time).toBe(0);
  });

  it('keeps one in flight however often S3 says SlowDown', async () => {
    const { pace, clock } = paceOf();
    const call = () => {
      clock.time += 1_000;
      return Promise.reject(errorOf('throttled'));
    };
    for (let burst = 0; burst < 3; burst++) await expect(pace.patiently(call)).rejects.toThrow();
    expect((await fill(pace))()).toBe(1);
  });

  it('does not slow down for an error that is not about its speed', async () => {
    const { pace } = paceOf();
    let asked = 0;
    await pace.patiently(() => ((asked += 1) < 3 ? Promise.reject(errorOf('transient')) : Promise.resolve()));
    expect((await fill(pace))()).toBe(32);
  });

  it('has one more in flight for each full window of answers, up to 64', async () => {
    const { pace } = paceOf();
    for (let answers = 0; answers < 32 + 33; answers++) await pace.patiently(() => Promise.resolve());
    expect((await fill(pace))()).toBe(34);

    const { pace: fast } = paceOf();
    for (let answers = 0; answers < 10_000; answers++) await fast.patiently(() => Promise.resolve());
    expect((await fill(fast))()).toBe(64);
  });

  it('has no more parts in flight, of all its objects together', async () => {
    const { pace } = paceOf();
    let [inFlight, most] = [0, 0];
    const part = () =>
      pace.part(async () => {
        most = Math.max(most, (inFlight += 1));
        await new Promise((resolve) => setImmediate(resolve));
        inFlight -= 1;
      });
    await Promise.all(Array.from({ length: 200 }, part));
    // 32 at first, and one more for each full window of answers.
    expect(most).toBeGreaterThanOrEqual(32);
    expect(most).toBeLessThanOrEqual(37);
  });

  it('starts the next copy when one ends', async () => {
    const { pace } = paceOf();
    const ends: (() => void)[] = [];
    let started = 0;
    const all = (async () => {
      for (let copy = 0; copy < 40; copy++) {
        await pace.start(() => {
          started += 1;
          return new Promise((end) => ends.push(end));
        });
      }
    })();
    await turn();
    expect(started).toBe(32);
    ends.shift()?.();
    await turn();
    expect(started).toBe(33);
    for (let ended = 1; ended < 40; ended++) {
      ends.shift()?.();
      await turn();
    }
    await all;
    expect(started).toBe(40);
    await pace.idle();
  });

  it('is idle when nothing is in flight, and then tells what went wrong first', async () => {
    const { pace } = paceOf();
    const done: string[] = [];
    await pace.start(() => Promise.reject(new Error('first')));
    await pace.start(() => Promise.reject(new Error('second')));
    await pace.start(async () => {
      await turn();
      done.push('third');
    });
    await expect(pace.idle()).rejects.toThrow('first');
    expect(done).toEqual(['third']);
  });
});

function paceOf({ random = 0.5, retryDelayMs = 100 } = {}) {
  const slept: number[] = [];
  const clock = {
    time: 0,
    now: () => clock.time,
    sleep: (ms: number) => {
      slept.push(ms);
      return Promise.resolve();
    },
  };
  return { pace: new Pace({ clock, random: () => random, retryDelayMs }), clock, slept };
}

/** Starts copies that never end, until no more are let in; answers how many. */
async function fill(pace: Pace): Promise<() => number> {
  let started = 0;
  void (async () => {
    for (;;) {
      await pace.start(() => {
        started += 1;
        return new Promise(() => undefined);
      });
    }
  })();
  await turn();
  return () => started;
}

async function slowDownOnce(pace: Pace): Promise<void> {
  let asked = 0;
  await pace.patiently(() => ((asked += 1) === 1 ? Promise.reject(errorOf('throttled')) : Promise.resolve()));
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function errorOf(kind: StorageErrorKind): StorageError {
  return new StorageError('Some', 'some answer', { kind });
}

import { describe, expect, it } from '@jest/globals';
import { Pace, type PaceOptions } from '../../../core/copy/pace.js';
import { StorageError, type StorageErrorKind } from '../../../core/errors.js';
import { VirtualClock } from './pace/simulation.js';

const WRITE = { key: 'a/b', usesKms: false };
const KMS_WORDS = 'Please reduce your request rate for operations involving AWS KMS.';

describe('A call that S3 may yet answer', () => {
  it.each<[StorageErrorKind, number]>([
    ['transient', 5],
    ['refused', 1],
  ])('is tried, where it is %s, %d times in all', async (kind, tries) => {
    const { pace, until } = paceOf();
    const { call, asked } = refusing(kind);
    const end = pace.patiently(call).catch((error: unknown) => error);
    await until(60_000);
    expect(await end).toMatchObject({ kind });
    expect(asked()).toBe(tries);
  });

  it('is tried until the time of the worker is over, where it is throttled, and then says so', async () => {
    const { pace, clock, until } = paceOf({ isLate: () => clock.now() >= 500_000 });
    const { call, asked } = refusing('throttled');
    let ended: unknown;
    void pace.write(WRITE, call).catch((error: unknown) => (ended = error));
    await until(499_000);
    expect(ended).toBeUndefined();
    expect(asked()).toBeGreaterThan(50);
    await until(505_000);
    expect(ended).toMatchObject({ kind: 'throttled', name: 'SlowDown' });
  });

  it('is given up by a worker without a deadline after ten minutes', async () => {
    const { pace, until } = paceOf();
    let ended: unknown;
    void pace.patiently(refusing('throttled').call).catch((error: unknown) => (ended = error));
    await until(599_000);
    expect(ended).toBeUndefined();
    await until(606_000);
    expect(ended).toMatchObject({ kind: 'throttled' });
  });

  it('is answered as soon as S3 does', async () => {
    const { pace, until } = paceOf();
    let asked = 0;
    const answer = pace.patiently(() => {
      asked += 1;
      return asked < 12 ? Promise.reject(errorOf('throttled')) : Promise.resolve('at last');
    });
    await until(60_000);
    expect([await answer, asked]).toEqual(['at last', 12]);
  });

  it('waits twice as long each time after a 5xx, by a random part, and never longer than ten seconds', async () => {
    const slept = async (random: number, retryDelayMs: number) => {
      const { pace, clock, until } = paceOf({}, random, retryDelayMs);
      const times: number[] = [];
      void pace
        .patiently(() => {
          times.push(clock.now());
          return Promise.reject(errorOf('transient'));
        })
        .catch(() => undefined);
      await until(100_000);
      return times.slice(1).map((time, index) => time - (times[index] ?? 0));
    };
    expect(await slept(1, 2_000)).toEqual([2_000, 4_000, 8_000, 10_000]);
    expect(await slept(0.5, 100)).toEqual([50, 100, 200, 400]);
  });

  it('is not tried again where the fault is ours', async () => {
    const { pace } = paceOf();
    const call = () => Promise.reject(new TypeError('a defect'));
    await expect(pace.patiently(call)).rejects.toThrow('a defect');
  });
});

describe('What waits for S3 when the time of the worker is over', () => {
  it('is given up, and what is asked for after it goes on', async () => {
    let isLate = false;
    const { pace, until } = paceOf({ isLate: () => isLate });
    const ends: string[] = [];
    const call = () => Promise.reject(errorOf('throttled'));
    for (let index = 0; index < 100; index++)
      void pace.write(WRITE, call).catch(({ kind }: StorageError) => ends.push(kind));
    await until(20_000);
    expect(ends).toEqual([]);
    isLate = true;
    await until(22_000);
    expect(ends).toEqual(Array(100).fill('throttled'));
    expect(await pace.patiently(() => Promise.resolve('read'))).toBe('read');
  });
});

describe('KMS is another limit than that of a prefix', () => {
  const throttled = (code: string, message: string) => new StorageError(code, message, { kind: 'throttled' });

  it.each([
    ['SlowDown', KMS_WORDS],
    ['KMS.ThrottlingException', 'You have exceeded the rate at which you may call KMS.'],
  ])('its refusals, %s: %s, slow what uses a key, under any prefix, and nothing else', async (code, words) => {
    const { pace, clock, until } = paceOf({ prefixes: new Set(['a/', 'b/']), isLate: () => false });
    // No key is to be had for the first ten seconds.
    const keyed = () =>
      clock.sleep(10).then(() => {
        if (clock.now() < 10_000) throw throttled(code, words);
      });
    const answered = { a: 0, b: 0, plain: 0, read: 0 };
    const each = (name: keyof typeof answered, call: () => Promise<unknown>) => {
      const caller = async () => {
        while (clock.now() < 9_000) await call().then(() => (answered[name] += 1));
      };
      void caller();
    };
    each('a', () => pace.write({ key: 'a/1', usesKms: true }, keyed));
    each('b', () => pace.write({ key: 'b/1', usesKms: true }, keyed));
    each('plain', () => pace.write({ key: 'a/2', usesKms: false }, () => clock.sleep(10)));
    each('read', () => pace.patiently(() => clock.sleep(10)));
    await until(9_000);
    expect(answered).toEqual({ a: 0, b: 0, plain: 900, read: 900 });
    await until(20_000);
    expect(answered).toMatchObject({ a: 1, b: 1 });
  });

  it('a request that turns out to use one waits with those that do', async () => {
    const { pace, clock, until } = paceOf();
    const times: number[] = [];
    const call = () => {
      times.push(clock.now());
      return times.length < 12 ? Promise.reject(throttled('SlowDown', KMS_WORDS)) : Promise.resolve();
    };
    void pace.write({ key: 'a/1', usesKms: false }, call);
    await until(60_000);
    expect(times).toHaveLength(12);
    // Ever more slowly: 40 a second at first, a fifth less each time.
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBeGreaterThan(150);
    // Writes that use none were not slowed.
    let plain = 0;
    for (let index = 0; index < 16; index++)
      void pace.write({ key: 'a/2', usesKms: false }, () => Promise.resolve((plain += 1)));
    await turn();
    expect(plain).toBe(16);
  });
});

describe('A worker', () => {
  it('has 16 requests in flight at first, and one more for each answer, up to 128', async () => {
    const { pace } = paceOf();
    const answers: (() => void)[] = [];
    for (let index = 0; index < 400; index++)
      void pace.patiently(() => new Promise<void>((resolve) => answers.push(resolve)));
    await turn();
    expect(answers).toHaveLength(16);
    answers.shift()?.();
    await turn();
    expect(answers).toHaveLength(17);
    for (let answered = 0; answered < 200; answered++) {
      answers.shift()?.();
      await turn();
    }
    expect(answers).toHaveLength(128);
  });

  it('asks for nothing with a timer while S3 refuses nothing', async () => {
    let sleeps = 0;
    const clock = { now: () => 0, sleep: () => Promise.resolve(void (sleeps += 1)) };
    const pace = new Pace({ clock, random: () => 0.5, retryDelayMs: 100 });
    for (let index = 0; index < 1_000; index++)
      await pace.start(async () => {
        await pace.patiently(() => turn());
        await pace.write(WRITE, () => turn());
      });
    await pace.idle();
    expect(sleeps).toBe(0);
  });

  it('works on 128 objects at once, and begins the next when one ends', async () => {
    const { pace } = paceOf();
    const ends: (() => void)[] = [];
    let started = 0;
    const all = (async () => {
      for (let copy = 0; copy < 140; copy++) {
        await pace.start(() => {
          started += 1;
          return new Promise((end) => ends.push(end));
        });
      }
    })();
    await turn();
    expect(started).toBe(128);
    ends.shift()?.();
    await turn();
    expect(started).toBe(129);
    for (let ended = 1; ended < 140; ended++) {
      ends.shift()?.();
      await turn();
    }
    await all;
    expect(started).toBe(140);
    await pace.idle();
  });

  it('is idle when nothing is in work, and then tells what went wrong first', async () => {
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

function paceOf(options: PaceOptions = {}, random = 0.5, retryDelayMs = 100) {
  const clock = new VirtualClock();
  const pace = new Pace({ clock, random: () => random, retryDelayMs }, options);
  return { pace, clock, until: (ms: number) => clock.runTo(ms) };
}

/** A call that is always answered so. */
function refusing(kind: StorageErrorKind) {
  let asked = 0;
  return {
    call: () => {
      asked += 1;
      return Promise.reject(errorOf(kind));
    },
    asked: () => asked,
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function errorOf(kind: StorageErrorKind): StorageError {
  return new StorageError('Some', 'some answer', { kind });
}

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { requestsPerWorker, workersOf } from '../../core/workers.js';

describe('Requests a second are divided among the workers of a run', () => {
  it.each([
    // Without a ceiling nothing changes.
    [{ maxConcurrency: 50 }, 50, Infinity],
    [{ maxConcurrency: 50, requestsPerSecond: 3_500 }, 50, 70],
    [{ maxConcurrency: 50, requestsPerSecond: 500 }, 50, 10],
    // Each has at least ten, so fewer of them work at once.
    [{ maxConcurrency: 50, requestsPerSecond: 499 }, 49, 499 / 49],
    [{ maxConcurrency: 50, requestsPerSecond: 25 }, 2, 12.5],
    [{ maxConcurrency: 50, requestsPerSecond: 3 }, 1, 3],
  ])('%j: %d workers, %d each', (asked, workers, each) => {
    expect([workersOf(asked), requestsPerWorker(asked)]).toEqual([workers, each]);
  });

  it('so that all of them together never ask for more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        (maxConcurrency, requestsPerSecond) => {
          const asked = { maxConcurrency, requestsPerSecond };
          expect(workersOf(asked)).toBeLessThanOrEqual(maxConcurrency);
          expect(workersOf(asked) * requestsPerWorker(asked)).toBeCloseTo(requestsPerSecond);
        },
      ),
    );
  });
});

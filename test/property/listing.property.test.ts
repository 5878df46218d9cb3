import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { KeySpan } from '../../contracts/listing.js';
import { findCuts, splitSpan } from '../../core/inventory/listing/find-cuts.js';
import { currentLister } from '../../core/inventory/listing/listers.js';
import { listSpan } from '../../core/inventory/listing/list-span.js';
import { compareKeys, justBefore, justBehind } from '../../core/keys.js';
import type { ListPage, SourceState } from '../../core/ports.js';
import { lister } from '../core/support/lister.js';
import { anyKey, longKey } from './keys.js';

const objectKey = fc.oneof({ weight: 8, arbitrary: anyKey }, { weight: 1, arbitrary: longKey }).filter(isKey);
/** Keys, keys that begin with them, and the places on both sides of them. */
const keys = fc
  .array(objectKey, { maxLength: 25 })
  .map((all) => [...all, ...all.flatMap((key) => [`${key}\u0000`, `${key}/a`, justBefore(key), justBehind(key) ?? ''])])
  .map((all) => [...new Set(all.filter(isKey))])
  .chain((all) => fc.subarray(all));
const numRuns = { numRuns: 500 };

describe('A span of keys, whatever they are', () => {
  it('is split into pieces that have no key in common and leave none out', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        anyKey,
        fc.option(anyKey, { nil: undefined }),
        fc.integer({ min: 1, max: 20 }),
        async (all, after, until, pieces) => {
          fc.pre(until === undefined || compareKeys(after, until) < 0);
          const span = until === undefined ? { after } : { after, until };
          const source = lister(all, 1);
          const cuts = await findCuts(async (from) => (await source.list(from)).objects[0]?.key, span, pieces);
          expectParts(splitSpan(span, cuts), span, all);
          expect(cuts.length).toBeLessThan(pieces);
          // What is asked for, S3 takes.
          for (const place of source.pages) expect(place === after || Buffer.byteLength(place) <= 1_024).toBe(true);
        },
      ),
      numRuns,
    );
  });

  it('is split so by any cuts, whatever they are', () => {
    fc.assert(
      fc.property(keys, anyKey, fc.option(anyKey, { nil: undefined }), fc.array(anyKey), (all, after, until, cuts) => {
        fc.pre(until === undefined || compareKeys(after, until) < 0);
        const span = until === undefined ? { after } : { after, until };
        expectParts(splitSpan(span, cuts), span, all);
      }),
      numRuns,
    );
  });

  it('is listed with each object once that is there all the time, and none twice, while others come and go', async () => {
    await fc.assert(
      fc.asyncProperty(
        keys,
        keys,
        fc.record({
          pageSize: fc.integer({ min: 1, max: 4 }),
          pages: fc.integer({ min: 1, max: 4 }),
          pieces: fc.integer({ min: 1, max: 9 }),
        }),
        fc.infiniteStream(fc.nat()),
        async (steady, passing, budget, chance) => {
          const next = (below: number) => (chance.next().value as number) % below;
          const bucket = new ChangingBucket(steady, passing, budget.pageSize, next);
          const source = currentLister(
            (after, limit) => bucket.list(after, limit),
            () => bucket.isLate(),
          );
          const found: string[] = [];
          const left: KeySpan[] = [{ after: '' }];
          while (left.length > 0) {
            const [span] = left.splice(next(left.length), 1);
            const rest = await listSpan(source, { ...(span as KeySpan), ...budget }, (objects) => {
              found.push(...objects.map(({ key }) => key));
              return Promise.resolve();
            });
            left.push(...rest);
          }
          expect(new Set(found).size).toBe(found.length);
          expect(found).toEqual(expect.arrayContaining(steady));
          for (const key of found) expect(steady.includes(key) || passing.includes(key)).toBe(true);
        },
      ),
      numRuns,
    );
  });
});

/** Spans that follow one another from the beginning of a span to its end, so that each key of it is in one. */
function expectParts(spans: readonly KeySpan[], whole: KeySpan, all: readonly string[]): void {
  expect(spans[0]?.after).toBe(whole.after);
  for (const [index, { after, until }] of spans.entries()) {
    if (until !== undefined) expect(compareKeys(after, until)).toBeLessThan(0);
    expect(until).toBe(spans[index + 1]?.after ?? whole.until);
  }
  for (const key of all) expect(spans.filter((each) => isWithin(key, each))).toHaveLength(isWithin(key, whole) ? 1 : 0);
}

/** A bucket in which some objects come and go between any two requests. */
class ChangingBucket {
  readonly #there: Set<string>;

  constructor(
    private readonly steady: readonly string[],
    passing: readonly string[],
    private readonly pageSize: number,
    private readonly next: (below: number) => number,
  ) {
    this.passing = passing.filter((key) => !steady.includes(key));
    this.#there = new Set(this.passing);
  }

  private readonly passing: readonly string[];

  isLate(): boolean {
    return this.next(5) === 0;
  }

  async list(after: string, limit = this.pageSize): Promise<ListPage<SourceState>> {
    const key = this.passing[this.next(this.passing.length + 1)];
    if (key !== undefined && !this.#there.delete(key)) this.#there.add(key);
    const page = await lister([...this.steady, ...this.#there], limit).list(after);
    return { ...page, objects: page.objects.map((each) => ({ ...each, storageClass: 'STANDARD' })) };
  }
}

function isWithin(key: string, { after, until }: KeySpan): boolean {
  return compareKeys(key, after) > 0 && (until === undefined || compareKeys(key, until) <= 0);
}

function isKey(key: string): boolean {
  return key !== '' && Buffer.byteLength(key) <= 1_024;
}

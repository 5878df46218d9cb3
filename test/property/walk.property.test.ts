import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { walkBeside } from '../../core/compare/walk.js';
import { compareKeys, justBefore } from '../../core/keys.js';
import { lister } from '../core/support/lister.js';
import { anyKey } from './keys.js';

const keyOfAnObject = anyKey.filter((key) => key !== '');
/** Keys, the keys around them, and those where a listing of them starts: whatever may confuse the two. */
const neighbours = fc
  .array(keyOfAnObject, { maxLength: 12 })
  .map((keys) =>
    keys.flatMap((key) => [key, `${key}\u0000`, `${key}\u{10FFFF}`, justBefore(key), `${justBefore(key)}\u{10FFFF}`]),
  )
  .map((keys) => keys.filter((key) => key !== ''));
const someOf = (keys: fc.Arbitrary<string[]>) => keys.chain((all) => fc.tuple(fc.subarray(all), fc.subarray(all)));

describe('Rows beside a listing, whatever their keys', () => {
  it('each learn what the destination has under their key, by pages that show no object twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        someOf(neighbours),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async ([rows, objects], pageSize, isAsked) => {
          const sorted = rows.toSorted(compareKeys);
          const { list, pages, listed, head } = lister([...new Set(objects)], pageSize);
          const answers: [string, string | undefined][] = [];
          for await (const batch of walkBeside(sorted, (row) => row, { list, ...(isAsked ? { head } : {}) })) {
            expect(batch).not.toEqual([]);
            answers.push(...batch.map(({ row, listed }): [string, string | undefined] => [row, listed?.key]));
          }

          const there = new Set(objects);
          expect(answers).toEqual(sorted.map((row) => [row, there.has(row) ? row : undefined]));
          expect(new Set(listed).size).toBe(listed.length);
          expect(pages.length).toBeLessThanOrEqual(Math.floor(there.size / pageSize) + 1);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

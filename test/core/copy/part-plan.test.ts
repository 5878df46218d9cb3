import { describe, expect, it } from '@jest/globals';
import {
  areKeepable,
  choosePartSizes,
  LARGEST_PART,
  MOST_PARTS,
  planParts,
  SMALLEST_PART,
} from '../../../core/copy/part-plan.js';

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const TB = 1e12;

describe('Parts that are ours to choose', () => {
  it.each([
    ['a byte more than CopyObject takes', 5 * GIB + 1, 21, 256 * MIB],
    ['100 GiB', 100 * GIB, 400, 256 * MIB],
    ['as much as 10,000 parts of 256 MiB', 2_500 * GIB, 10_000, 256 * MIB],
    ['a byte more than that', 2_500 * GIB + 1, 9_962, 257 * MIB],
    ['50 TB, S3’s largest object', 50 * TB, 9_999, 4_769 * MIB],
    ['50 TiB', 50 * 1024 ** 4, 10_000, 5_243 * MIB],
  ])('%s: %d bytes are %d parts', (_, size, count, first) => {
    const sizes = choosePartSizes(size);
    expect([sizes.length, sizes[0]]).toEqual([count, first]);
    expect(sum(sizes)).toBe(size);
  });

  it('are always ones that S3 takes, up to 50 TB', () => {
    for (let size = 1; size <= 50 * TB; size = size * 3 + 1) {
      const sizes = choosePartSizes(size);
      expect(areKeepable(sizes)).toBe(true);
      expect(sum(sizes)).toBe(size);
    }
  });
});

describe('Parts of a source', () => {
  it.each<[string, number[], boolean]>([
    ['are kept where they are even', [8 * MIB, 8 * MIB, 1], true],
    ['are kept where they are uneven', [5 * MIB, 100 * MIB, 6 * MIB], true],
    ['are kept where there is one, however small', [1], true],
    ['are kept where they are as large as S3 takes', [LARGEST_PART, LARGEST_PART], true],
    ['are kept where there are as many as S3 takes', Array<number>(MOST_PARTS).fill(SMALLEST_PART), true],
    ['are not where one but the last is too small', [5 * MIB - 1, 5 * MIB], false],
    ['are not where one is too large', [5 * MIB, LARGEST_PART + 1], false],
    ['are not where there are too many', Array<number>(MOST_PARTS + 1).fill(SMALLEST_PART), false],
  ])('%s', (_, sizes, keepable) => {
    expect(areKeepable(sizes)).toBe(keepable);
  });
});

describe('A plan of parts', () => {
  it('covers every byte once, in order', () => {
    expect(planParts([6 * MIB, 5 * MIB, 3])).toEqual([
      { number: 1, range: { start: 0, end: 6 * MIB } },
      { number: 2, range: { start: 6 * MIB, end: 11 * MIB } },
      { number: 3, range: { start: 11 * MIB, end: 11 * MIB + 3 } },
    ]);
  });

  it('asks for no range of a source of 5 MiB or less, which S3 refuses', () => {
    expect(planParts([5 * MIB])).toEqual([{ number: 1, range: undefined }]);
    expect(planParts([5 * MIB + 1])).toEqual([{ number: 1, range: { start: 0, end: 5 * MIB + 1 } }]);
    expect(planParts([0])).toEqual([{ number: 1, range: undefined }]);
  });
});

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}

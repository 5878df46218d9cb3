import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import { cutRanges, isInRange, mostChunks } from '../../../core/inventory/ranges.js';

describe('Key space is cut in ranges', () => {
  it.each<[string, number, string[]]>([
    ['', 2, []],
    ['a-c', 2, ['a… a-c']],
    ['a-c b-d', 2, ['a… a-c b-d']],
    ['a-b c-d e-f g-h', 2, ['a…e a-b c-d', 'e… e-f g-h']],
    // What reaches into the next range is read for both; what ends at its first key too.
    ['a-c b-x d-e f-g', 2, ['a…d a-c b-x', 'd… b-x d-e f-g']],
    ['a-c b-d d-e', 2, ['a…d a-c b-d', 'd… b-d d-e']],
    // What spans all is read for all.
    ['a-z b-c d-e f-g', 1, ['a…b a-z', 'b…d a-z b-c', 'd…f a-z d-e', 'f… a-z f-g']],
    // There is nothing between a key and itself.
    ['a-b a-c a-d e-f', 1, ['a…e a-b a-c a-d', 'e… e-f']],
  ])('%s, %d a range: %j', async (chunks, most, ranges) => {
    const found = [];
    for await (const { range, from, to = '', pieces } of cutRanges(stream(chunks), most)) {
      expect(range).toBe(found.length);
      found.push(`${from}…${to} ${pieces.map(({ first, last }) => `${first}-${last}`).join(' ')}`);
    }
    expect(found).toEqual(ranges);
  });

  it.each([
    [2, 100],
    [300, 300],
    [20_000, 1_000],
  ])('of the size that so many files suit: %d files, %d chunks', (files, chunks) => {
    expect(mostChunks(files)).toBe(chunks);
  });

  it.each([
    ['a', 'b', 'c', false],
    ['b', 'b', 'c', true],
    ['b\u{10FFFF}', 'b', 'c', true],
    ['c', 'b', 'c', false],
    ['z', 'b', undefined, true],
    // UTF-8 order: not UTF-16's.
    ['\u{10000}', 'a', '\uFFFF', false],
  ])('%j from %j to %j: %j', (key, from, to, isIn) => {
    expect(isInRange(key, { range: 0, from, to })).toBe(isIn);
  });
});

function stream(ranges: string): AsyncIterable<Chunk> {
  const segments = [{ key: 'index/0.csv.gz', offset: 0, length: 10 }];
  const chunks = ranges.split(' ').filter(Boolean);
  return Readable.from(
    chunks.map((range): Chunk => {
      const [first = '', last = ''] = range.split('-');
      return { id: '0-0', rows: 10, bytes: 0, after: '', first, last, segments };
    }),
  ) as AsyncIterable<Chunk>;
}

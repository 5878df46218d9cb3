import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import { markEntangled, mergePays, surveyChunks, type Survey } from '../../../core/inventory/interleaving.js';

describe('How far chunks of 10,000 rows lie within each other', () => {
  it.each<[string, string[], Survey]>([
    ['none', [], { entangled: 0, listings: 0, leastListings: 0 }],
    ['one', ['a-z'], { entangled: 0, listings: 10, leastListings: 10 }],
    ['of one file, or of files in order', ['a-c', 'd-f', 'g-i'], { entangled: 0, listings: 30, leastListings: 30 }],
    ['two that overlap at a border', ['a-d', 'c-f', 'g-i'], { entangled: 2, listings: 40, leastListings: 30 }],
    ['two with a key in common', ['a-d', 'd-f'], { entangled: 2, listings: 30, leastListings: 20 }],
    ['two files that take turns', ['a-c', 'b-e', 'd-g', 'f-i'], { entangled: 4, listings: 70, leastListings: 40 }],
    ['one that spans others', ['a-z', 'b-c', 'd-e'], { entangled: 3, listings: 50, leastListings: 30 }],
    ['one that spans some of the others', ['a-c', 'b-b', 'd-e'], { entangled: 2, listings: 40, leastListings: 30 }],
    ['three with the same range', ['a-z', 'a-z', 'a-z'], { entangled: 3, listings: 60, leastListings: 30 }],
    // UTF-16 would have it the other way around.
    ['in UTF-8 order', ['a-\uFFFF', '\u{10000}-\u{10001}'], { entangled: 0, listings: 20, leastListings: 20 }],
  ])('%s', async (_, ranges, survey) => {
    expect(await surveyChunks(stream(ranges.map((range) => chunkOf(range))))).toEqual(survey);
  });

  it('a chunk of few rows that spans everything asks for no more pages than it has rows', async () => {
    const chunks = [chunkOf('a-z', 3), ...Array.from({ length: 10 }, (_, index) => chunkOf(`b${index}-b${index}`))];
    expect(await surveyChunks(stream(chunks))).toEqual({ entangled: 11, listings: 103, leastListings: 101 });
  });
});

describe('Chunks that share key space with others', () => {
  it.each([
    ['a-c d-f', ''],
    ['a-d c-f g-i', 'a-d c-f'],
    ['a-b c-z d-e f-g', 'c-z d-e f-g'],
    ['a-z b-c zz-zzz', 'a-z b-c'],
    ['a-c c-d e-f f-g h-h', 'a-c c-d e-f f-g'],
  ])('%s: %s', async (all, expected) => {
    const entangled: string[] = [];
    for await (const { chunk, entangled: is } of markEntangled(stream(all.split(' ').map((range) => chunkOf(range)))))
      if (is) entangled.push(`${chunk.first}-${chunk.last}`);
    expect(entangled.join(' ')).toBe(expected);
  });
});

describe('Files are merged first', () => {
  it.each<[boolean, string, Survey, boolean]>([
    [false, 'in order', { entangled: 0, listings: 3_000, leastListings: 3_000 }, false],
    [false, 'that overlap at 300 borders', { entangled: 600, listings: 303_000, leastListings: 300_000 }, false],
    [false, 'that all span the same keys', { entangled: 300, listings: 450_000, leastListings: 3_000 }, true],
    [false, 'two that take turns', { entangled: 200, listings: 2_000, leastListings: 1_000 }, true],
    [false, 'two small ones: not for five listings', { entangled: 2, listings: 7, leastListings: 2 }, false],
    // A key that must meet itself is no matter of money.
    [true, 'in order', { entangled: 0, listings: 3_000, leastListings: 3_000 }, false],
    [true, 'that share one key', { entangled: 2, listings: 30, leastListings: 20 }, true],
  ])('(keys must meet: %j) %s', (keysMustMeet, _, survey, merge) => {
    expect(mergePays(survey, { keysMustMeet })).toBe(merge);
  });
});

/** `a-f` is a chunk from `a` to `f`. */
function chunkOf(range: string, rows = 10_000): Chunk {
  const [first = '', last = ''] = range.split('-');
  const segments = [{ key: 'index/0.csv.gz', offset: 0, length: 10 }];
  return { id: '0-0', rows, bytes: 0, after: '', first, last, segments };
}

function stream(chunks: Chunk[]): AsyncIterable<Chunk> {
  return Readable.from(chunks) as AsyncIterable<Chunk>;
}

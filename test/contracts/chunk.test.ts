import { describe, expect, it } from '@jest/globals';
import { chunk } from '../../contracts/chunk.js';

const CHUNK = {
  id: '0-0',
  rows: 10_000,
  bytes: 0,
  after: '',
  first: 'a',
  last: 'z',
  segments: [{ key: 'runs/r/index/0.csv.gz', offset: 0, length: 1 }],
};
const segments = (count: number) => Array.from({ length: count }, () => CHUNK.segments[0]);

describe('A chunk line', () => {
  it.each<[string, object]>([
    ['of the first pass', {}],
    ['of a later pass', { id: 'p12-3' }],
    ['of a merged range', { id: 'm4-0' }],
    ['of 100,000 rows, which may be of one key', { rows: 100_000 }],
    ['of one empty object', { rows: 1, bytes: 0 }],
    ['of a hundred segments', { segments: segments(100) }],
    ['with any keys', { after: '\u{10FFFF}', first: 'line\nbreak', last: '\u0000' }],
  ])('%s is one', (_, fields) => {
    expect(chunk.safeParse({ ...CHUNK, ...fields }).success).toBe(true);
  });

  it.each<[string, object, string]>([
    ['without rows', { rows: 0 }, 'rows'],
    ['of more than 100,000 rows', { rows: 100_001 }, 'rows'],
    ['of fewer bytes than none', { bytes: -1 }, 'bytes'],
    ['of no segment', { segments: [] }, 'segments'],
    ['of 101 segments', { segments: segments(101) }, 'segments'],
    ['of an empty segment', { segments: [{ key: 'k', offset: 0, length: 0 }] }, 'segments.0.length'],
    ['of a segment before its file', { segments: [{ key: 'k', offset: -1, length: 1 }] }, 'segments.0.offset'],
    // Its id is part of the names of files.
    ['whose id climbs out of its folder', { id: '../../x' }, 'id'],
    ['whose id is empty', { id: '' }, 'id'],
    ['whose id ends in a newline', { id: '0-0\n' }, 'id'],
  ])('%s is none', (_, fields, path) => {
    const { error } = chunk.safeParse({ ...CHUNK, ...fields });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([path]);
  });

  it('with the longest keys and most segments is an item that Step Functions takes', () => {
    const longest = '\u0001'.repeat(1024);
    const key = `runs/${'r'.repeat(80)}/pass-100/owed/p100-1000000.csv.gz`;
    const line = chunk.parse({
      ...CHUNK,
      after: longest,
      first: longest,
      last: longest,
      segments: Array.from({ length: 100 }, () => ({ key, offset: 2 ** 40, length: 2 ** 30 })),
    });
    // With the rest of a child's input: 256 KiB at most.
    expect(Buffer.byteLength(JSON.stringify(line))).toBeLessThan(128 * 1024);
  });
});

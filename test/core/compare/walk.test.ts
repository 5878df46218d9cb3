import { describe, expect, it } from '@jest/globals';
import { walkBeside } from '../../../core/compare/walk.js';
import { lister } from '../support/lister.js';

describe('Rows beside a listing', () => {
  it('costs one page a thousand objects where every row has one', async () => {
    const keys = keysOf(5_000);
    const { list, pages } = lister(keys);
    expect(await walk(keys, list)).toEqual(keys.map((key) => [key, true]));
    expect(pages).toHaveLength(5);
  });

  it('costs one page for an empty destination, however many rows', async () => {
    const { list, pages } = lister([]);
    expect(await walk(keysOf(5_000), list)).toEqual(keysOf(5_000).map((key) => [key, false]));
    expect(pages).toHaveLength(1);
  });

  it('costs nothing for no rows', async () => {
    const { list, pages } = lister(keysOf(10));
    expect(await walk([], list)).toEqual([]);
    expect(pages).toEqual([]);
  });

  it('begins just before the first row, whatever lies before it', async () => {
    const { list, pages } = lister([...keysOf(100_000).map((key) => `a/${key}`), 'b/1', 'b/2']);
    expect(await walk(['b/1', 'b/2', 'b/3'], list)).toEqual([
      ['b/1', true],
      ['b/2', true],
      ['b/3', false],
    ]);
    expect(pages).toEqual(['b/0\u{10FFFF}']);
  });

  it('jumps what holds no row, however much it is', async () => {
    const strangers = keysOf(100_000).map((key) => `m/${key}`);
    const { list, pages } = lister(['a', ...strangers, 'z']);
    expect(await walk(['a', 'z', 'zz'], list)).toEqual([
      ['a', true],
      ['z', true],
      ['zz', false],
    ]);
    expect(pages).toHaveLength(2);
  });

  it('never lists an object twice', async () => {
    const { list, listed } = lister(keysOf(3_000), 7);
    await walk(keysOf(3_000), list);
    expect(new Set(listed).size).toBe(listed.length);
  });

  it('reads rows only as it comes to them', async () => {
    const { list, pages } = lister(keysOf(5_000));
    for await (const { row } of walkBeside(keysOf(5_000), (row) => row, list)) {
      if (row === '00010') break;
    }
    expect(pages).toHaveLength(1);
  });

  it('takes two rows of one key, as an inventory of versions has them', async () => {
    const { list } = lister(['a', 'b']);
    expect(await walk(['a', 'a', 'b', 'b', 'c', 'c'], list)).toEqual([
      ['a', true],
      ['a', true],
      ['b', true],
      ['b', true],
      ['c', false],
      ['c', false],
    ]);
  });

  it('ends with the listing’s own error', async () => {
    const list = () => Promise.reject(new Error('AccessDenied'));
    await expect(walk(['a'], list)).rejects.toThrow('AccessDenied');
  });

  it.each<[string, string[]]>([
    ['begins at its first key again and again', ['a', 'b']],
    ['says that more follows, and shows nothing', []],
  ])('ends with an error where a listing %s', async (_, keys) => {
    const objects = keys.map((key) => ({ key, size: 0, etag: 'e', lastModified: 0 }));
    let asked = 0;
    const list = () => {
      asked += 1;
      if (asked > 10) throw new Error('asked again and again');
      return Promise.resolve({ objects, truncated: true });
    };
    await expect(walk(['a', 'b', 'c', 'd'], list)).rejects.toThrow(/did not go on/);
  });
});

/** Each row, and whether the listing has it. */
async function walk(rows: string[], list: Parameters<typeof walkBeside>[2]): Promise<[string, boolean][]> {
  const answers: [string, boolean][] = [];
  for await (const { row, listed } of walkBeside(rows, (row) => row, list)) answers.push([row, listed?.key === row]);
  return answers;
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));
}

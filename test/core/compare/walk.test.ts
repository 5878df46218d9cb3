import { describe, expect, it } from '@jest/globals';
import { walkBeside, type Looks } from '../../../core/compare/walk.js';
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
    for await (const [first] of walkBeside(keysOf(5_000), (row) => row, { list })) if (first) break;
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

describe('Rows that lie far apart in what the destination has', () => {
  const objects = keysOf(90_000);
  const everyNth = (nth: number, keys = objects) => keys.filter((_, index) => index % nth === 0);
  const answersOf = (rows: string[]) => rows.map((key) => [key, true]);

  it.each([
    ['1,000', 1_000],
    ['100', 100],
  ])('are asked for one by one where there is one in %s', async (_, nth) => {
    const { list, pages, head, heads } = lister(objects);
    const rows = everyNth(nth);
    expect(await walk(rows, list, head)).toEqual(answersOf(rows));
    // A page costs what 12.5 HEADs do.
    const [cost, byPages] = [pages.length * 12.5 + heads.length, Math.min(rows.length, 90) * 12.5];
    expect(heads.length).toBeGreaterThan(rows.length * 0.8);
    expect(cost).toBeLessThan(byPages);
  });

  it('are listed where a page tells of twelve or more', async () => {
    const { list, pages, head, heads } = lister(objects);
    const rows = everyNth(80);
    expect(await walk(rows, list, head)).toEqual(answersOf(rows));
    expect(heads).toEqual([]);
    expect(pages.length).toBeLessThanOrEqual(90);
  });

  it('are listed again when they come closer, and asked for when they part', async () => {
    const { list, pages, head, heads } = lister(objects);
    const rows = [
      ...everyNth(500, objects.slice(0, 30_000)),
      ...objects.slice(30_000, 60_000),
      ...everyNth(500, objects.slice(60_000)),
    ];
    expect(await walk(rows, list, head)).toEqual(answersOf(rows));
    expect(pages.length).toBeLessThan(40);
    expect(heads.length).toBeLessThan(520);
  });

  it('are asked for in calls of 25, then twice as many each time, and at most 400', async () => {
    const calls: number[] = [];
    const { list, head } = lister(objects);
    await walk(everyNth(30 * 10), list, (keys) => {
      calls.push(keys.length);
      return head(keys);
    });
    expect(calls.slice(0, 3)).toEqual([25, 50, 100]);
    expect(Math.max(...calls)).toBeLessThanOrEqual(400);
  });

  it('learn that nothing is there', async () => {
    const { list, head } = lister(objects);
    const rows = everyNth(1_000).map((key) => `${key}-`);
    expect(await walk(rows, list, head)).toEqual(rows.map((key) => [key, false]));
  });

  it('are listed all the same where nobody can be asked for one', async () => {
    const { list, pages } = lister(objects);
    expect(await walk(everyNth(10_000), list)).toEqual(answersOf(everyNth(10_000)));
    expect(pages).toHaveLength(9);
  });
});

/** Each row, and whether it is there. */
async function walk(
  rows: string[],
  list: Looks['list'],
  head?: NonNullable<Looks['head']>,
): Promise<[string, boolean][]> {
  const answers: [string, boolean][] = [];
  for await (const batch of walkBeside(rows, (row) => row, { list, ...(head ? { head } : {}) }))
    answers.push(...batch.map(({ row, listed }): [string, boolean] => [row, listed?.key === row]));
  return answers;
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index).padStart(5, '0'));
}

import { describe, expect, it } from '@jest/globals';
import type { KeySpan } from '../../../../contracts/listing.js';
import { findCuts, splitSpan } from '../../../../core/inventory/listing/find-cuts.js';
import { compareKeys } from '../../../../core/keys.js';
import { lister } from '../../support/lister.js';

const numbered = (count: number, name: (digits: string) => string) =>
  Array.from({ length: count }, (_, index) => name(String(index).padStart(6, '0')));

/** Splits into at most 32 pieces; answers how many keys each piece has, and the cuts and requests that it took. */
async function split(keys: readonly string[], span: KeySpan = { after: '' }) {
  const source = lister(keys, 1);
  const cuts = await findCuts(async (after) => (await source.list(after)).objects[0]?.key, span, 32);
  const sizes = splitSpan(span, cuts).map(
    ({ after, until }) =>
      keys.filter((key) => compareKeys(key, after) > 0 && (until === undefined || compareKeys(key, until) <= 0)).length,
  );
  return { cuts, sizes, largest: Math.max(...sizes), requests: source.pages.length };
}

describe('What is left of a listing is split evenly', () => {
  it.each([
    ['a flat prefix of numbered objects', numbered(10_000, (digits) => `images/img-${digits}.jpg`)],
    ['a deep tree', numbered(10_000, (digits) => `a/b/${digits.slice(2, 3)}/c/d/${digits.slice(3, 4)}/e/${digits}`)],
    [
      'names that are hashes',
      numbered(4_096, (digits) => ((Number(digits) * 2_654_435_761) % 2 ** 32).toString(16).padStart(8, '0')),
    ],
    ['a long way in common', numbered(10_000, (digits) => `${'very-long-folder/'.repeat(50)}${digits}`)],
    [
      'characters beyond U+FFFF',
      numbered(10_000, (digits) => digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x1f600 + Number(digit)))),
    ],
  ])('in %s', async (_, keys) => {
    const { sizes, largest, requests } = await split(keys);
    expect(sizes.length).toBeGreaterThanOrEqual(16);
    expect(largest).toBeLessThan(keys.length / 8);
    expect(requests).toBeLessThanOrEqual(32 * 4 + 32);
  });

  it('behind what is listed, and within the range alone', async () => {
    const keys = numbered(10_000, (digits) => `k${digits}`);
    const { cuts, largest } = await split(keys, { after: 'k002345', until: 'k004567' });
    expect(cuts.length).toBeGreaterThan(10);
    for (const cut of cuts) expect(cut > 'k002345' && cut < 'k004567').toBe(true);
    expect(largest).toBeLessThanOrEqual(1_000);
  });

  it('into as many pieces as there are keys where these are few', async () => {
    expect((await split(['a', 'ab', 'b/c', 'b/d'])).sizes.filter((size) => size > 0).length).toBeGreaterThanOrEqual(2);
    expect(await split(['only'])).toMatchObject({ cuts: [] });
    expect(await split([])).toMatchObject({ cuts: [], requests: 1 });
  });

  it('where a thousand characters may come next: the last piece has what lies behind those that were looked at', async () => {
    const keys = Array.from({ length: 1_000 }, (_, index) => `${String.fromCodePoint(0x4e00 + index)}.txt`);
    const { sizes, requests } = await split(keys);
    expect(sizes).toHaveLength(32);
    expect(requests).toBeLessThan(100);
  });
});

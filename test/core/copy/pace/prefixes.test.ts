import { describe, expect, it } from '@jest/globals';
import { ownPrefixes, prefixOf } from '../../../../core/copy/pace/prefixes.js';

describe('A prefix', () => {
  it.each([
    ['a/b/c.jpg', 'a/b/'],
    ['c.jpg', ''],
    ['a//', 'a//'],
    ['/c', '/'],
    ['', ''],
  ])('of %j is %j', (key, prefix) => {
    expect(prefixOf(key)).toBe(prefix);
  });
});

describe('A prefix has a rate of its own', () => {
  const keys = (folder: string, count: number) => Array.from({ length: count }, (_, index) => `${folder}${index}`);

  it('where at least a tenth of a chunk lies under it', () => {
    const chunk = [...keys('a/', 899), ...keys('b/', 100), ...keys('c/', 1)];
    expect([...ownPrefixes(chunk)]).toEqual(['a/', 'b/']);
    expect([...ownPrefixes(keys('', 10))]).toEqual(['']);
  });

  it('and ten have at most: many small ones share one rate, or they would have any number of requests together', () => {
    const users = Array.from({ length: 1_000 }, (_, user) => `user/${user}/photo.jpg`);
    expect(ownPrefixes(users).size).toBe(0);
    expect(ownPrefixes(Array.from({ length: 10 }, (_, each) => keys(`${each}/`, 100)).flat()).size).toBe(10);
    expect(ownPrefixes([]).size).toBe(0);
  });
});

import { describe, expect, it, jest } from '@jest/globals';
import { globMatcher } from '../../../core/inventory/glob.js';

describe('A glob', () => {
  it.each([
    ['photos/*', 'photos/a.jpg', true],
    ['photos/*', 'photos/2026/01/a.jpg', true],
    ['photos/*', 'photos/', true],
    ['photos/*', 'photos', false],
    ['*.jpg', 'a/b/c.jpg', true],
    ['*.jpg', 'a.jpg.bak', false],
    ['*', '', true],
    ['*', 'line\nbreak', true],
    ['**', 'a', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a*a', 'a', false],
    ['?', 'a', true],
    ['?', '/', true],
    ['?', '', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['a?c', 'a\nc', true],
    ['*?', '', false],
    ['2026-*/part-?', '2026-01/part-1', true],
    ['', '', true],
    ['photos', 'photos', true],
    ['photos', 'photos/', false],
    ['PHOTOS', 'photos', false],
    // All else is itself: no classes, no braces, no escapes, no regular expressions.
    ['[ab]', 'a', false],
    ['[ab]', '[ab]', true],
    ['{a,b}', 'a', false],
    ['\\*', '\\anything', true],
    ['a.c', 'abc', false],
    ['(a)+$', '(a)+$', true],
    ['%2F', '/', false],
  ])('%j on %j: %j', (pattern, key, expected) => {
    expect(globMatcher(pattern)(key)).toBe(expected);
  });

  it.each([
    ['*a*a*a*a*a*a*a*a*a*a*a*b', 'a'.repeat(1024)],
    [`${'*a'.repeat(500)}*b`, 'a'.repeat(1024)],
    [`${'a*'.repeat(500)}b`, 'a'.repeat(1024)],
    [`*${'a'.repeat(500)}b`, 'a'.repeat(1024)],
    [`*${'?'.repeat(500)}b`, 'a'.repeat(1024)],
    ['*'.repeat(1024), 'a'.repeat(1024)],
  ])('takes at most pattern times key steps, however hostile: %.20s…', (pattern, key) => {
    const matches = globMatcher(pattern);
    const steps = countReads(() => matches(key));
    // Each step reads a few characters of the key and the pattern.
    expect(steps).toBeGreaterThan(0);
    expect(steps).toBeLessThanOrEqual(6 * (pattern.length + 1) * (key.length + 1));
  });
});

/** How many characters are read of the arrays that the work makes of strings. */
function countReads(work: () => unknown): number {
  let reads = 0;
  const split = Array.from.bind(Array);
  const from = jest.spyOn(Array, 'from').mockImplementation(
    ((text: string) =>
      new Proxy(split(text), {
        get(characters, name, self) {
          reads += 1;
          return Reflect.get(characters, name, self) as unknown;
        },
      })) as typeof Array.from,
  );
  try {
    work();
  } finally {
    from.mockRestore();
  }
  return reads;
}

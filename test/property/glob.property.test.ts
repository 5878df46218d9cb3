import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { globMatcher } from '../../core/inventory/glob.js';

const pattern = fc.string({ unit: fc.constantFrom('*', '*', '?', 'a', 'b', '/', '.', '\n', '😀', '['), maxLength: 9 });
const key = fc.string({
  unit: fc.constantFrom('a', 'a', 'b', '/', '.', '\n', '😀', '\uFFFF', '*', '?'),
  maxLength: 12,
});

describe('A glob', () => {
  it('matches what the regular expression that one would write by hand matches', () => {
    fc.assert(
      fc.property(pattern, key, (pattern, key) => {
        expect(globMatcher(pattern)(key)).toBe(asRegExp(pattern).test(key));
      }),
      { numRuns: 3_000 },
    );
  });

  it('matches every key that is made from it', () => {
    fc.assert(
      fc.property(pattern, key, fc.constantFrom('a', '/', '\n', '😀'), (pattern, anything, one) => {
        const made = pattern.replaceAll('*', () => anything).replaceAll('?', () => one);
        fc.pre(!anything.includes('?'));
        expect(globMatcher(pattern)(made)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Backtracks, which does not matter for keys this short. */
function asRegExp(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.[\]\\^$|(){}+/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 'su');
}

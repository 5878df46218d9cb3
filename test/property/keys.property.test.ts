import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compareKeys, decodeKey, encodeKey, justBefore, justBehind } from '../../core/keys.js';
import { anyKey, boundaryCharacter, longKey } from './keys.js';

describe('Keys, whatever they hold', () => {
  it('are compared as their UTF-8 bytes are', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (a, b) => {
        expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('are compared as their bytes are also where they part late', () => {
    fc.assert(
      fc.property(anyKey, boundaryCharacter, boundaryCharacter, anyKey, (stem, a, b, tail) => {
        const [left, right] = [stem + a + tail, stem + b];
        expect(Math.sign(compareKeys(left, right))).toBe(Buffer.compare(Buffer.from(left), Buffer.from(right)));
      }),
      { numRuns: 1_500 },
    );
  });

  it('have something just before them, and no other key in between', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (key, other) => {
        fc.pre(key !== '');
        const before = justBefore(key);
        expect(compareKeys(before, key)).toBeLessThan(0);
        const isBetween = compareKeys(before, other) < 0 && compareKeys(other, key) < 0;
        // Only a key that goes on behind the highest code point there is lies between.
        if (isBetween) expect(other.startsWith(before)).toBe(true);
      }),
      { numRuns: 1_500 },
    );
  });

  it('have their neighbours before justBefore: the same stem with a lower character, and anything behind it', () => {
    fc.assert(
      fc.property(anyKey, boundaryCharacter, boundaryCharacter, anyKey, (stem, a, b, tail) => {
        fc.pre(compareKeys(a, b) < 0 && !tail.startsWith('\u{10FFFF}'));
        expect(compareKeys(stem + a + tail, justBefore(stem + b))).toBeLessThan(0);
      }),
      { numRuns: 1_500 },
    );
  });

  it('lie before justBehind of what they begin with, and all others that lie behind it do not', () => {
    fc.assert(
      fc.property(anyKey, anyKey, (stem, other) => {
        const behind = justBehind(stem);
        expect(behind === undefined || compareKeys(stem + other, behind) < 0).toBe(true);
        const isBehind = compareKeys(other, stem) > 0 && !other.startsWith(stem);
        expect(isBehind).toBe(behind !== undefined && compareKeys(other, behind) >= 0);
      }),
      { numRuns: 1_500 },
    );
  });

  it('start a listing at a key of at most 1,024 bytes, also where a long destination prefix makes them longer', () => {
    fc.assert(
      fc.property(longKey, (key) => {
        const before = justBefore(key);
        expect(Buffer.byteLength(before)).toBeLessThanOrEqual(1024);
        expect(compareKeys(before, key)).toBeLessThan(0);
      }),
    );
  });

  it('come back whole from their URL encoding, which is plain ASCII without quotes, newlines or formulas', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const encoded = encodeKey(key);
        expect(decodeKey(encoded)).toBe(key);
        expect(encoded).toMatch(/^(?![-=+@\t\r])[!'()*/.\-\w~%]*$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never make decoding throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '+', '2', 'F', 'f', 'é', '\uFFFD', '\uD800') }), (encoded) => {
        const key = decodeKey(encoded);
        expect(key === undefined || typeof key === 'string').toBe(true);
      }),
    );
  });
});

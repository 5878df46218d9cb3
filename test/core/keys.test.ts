import { describe, expect, it } from '@jest/globals';
import { compareKeys, decodeKey, destinationKey, encodeKey, justBefore, justBehind } from '../../core/keys.js';

describe('Keys are in the order in which S3 lists them', () => {
  it.each([
    ['a', 'b'],
    ['a', 'aa'],
    ['', 'a'],
    ['Z', 'a'],
    ['a!', 'a/'],
    ['\u0000', ' '],
    ['\u007F', '\u0080'],
    ['\uD7FF', '\uE000'],
    // JavaScript's own order has these two the other way round.
    ['\uFFFF', '\u{10000}'],
    ['\uE000', '\u{10FFFF}'],
    ['x\uFB01', 'x\u{1F600}'],
    ['\u{1F600}', '\u{1F601}'],
    ['\u{1F600}', '\u{1F600}a'],
  ])('%j comes before %j', (first, second) => {
    expect(compareKeys(first, second)).toBeLessThan(0);
    expect(compareKeys(second, first)).toBeGreaterThan(0);
    expect(compareKeys(first, first)).toBe(0);
  });
});

describe('A listing starts just before a key', () => {
  it.each([
    ['an ordinary key', 'b', 'a\u{10FFFF}'],
    ['a folder', 'photos/', 'photos.\u{10FFFF}'],
    ['the first key behind the surrogates', '\uE000', '\uD7FF\u{10FFFF}'],
    ['the first key outside the BMP', '\u{10000}', '\uFFFF\u{10FFFF}'],
    ['a key outside the BMP', 'a\u{1F600}', 'a\u{1F5FF}\u{10FFFF}'],
    ['a key that ends in NUL', 'a\u0000', 'a'],
    ['no key at all', '', ''],
  ])('%s', (_, key, before) => {
    expect(justBefore(key)).toBe(before);
  });

  it('stays a key that S3 takes, at most 1,024 bytes, whatever comes', () => {
    for (const key of ['k'.repeat(1024), `${'k'.repeat(1020)}\u{1F600}`, 'é'.repeat(512), '😀'.repeat(400)]) {
      expect(Buffer.byteLength(justBefore(key))).toBeLessThanOrEqual(1024);
      expect(compareKeys(justBefore(key), key)).toBeLessThan(0);
    }
  });
});

describe('Behind all keys that begin alike is', () => {
  it.each([
    ['the next character', 'photos/', 'photos0'],
    ['the first one behind the surrogates', 'a\uD7FF', 'a\uE000'],
    ['the first one outside the BMP', '\uFFFF', '\u{10000}'],
    ['the one before, raised, where the last is the last there is', 'a\u{10FFFF}\u{10FFFF}', 'b'],
    ['nothing, where no character can be raised', '\u{10FFFF}', undefined],
    ['nothing behind all keys', '', undefined],
    [
      'less of a long one, where the next character is a byte longer',
      `${'k'.repeat(1023)}\u007F`,
      `${'k'.repeat(1022)}l`,
    ],
  ])('%s', (_, stem, behind) => {
    expect(justBehind(stem)).toBe(behind);
  });
});

describe('An object goes to', () => {
  it.each([
    ['photos/a.jpg', undefined, undefined, 'photos/a.jpg'],
    ['photos/a.jpg', 'photos/', undefined, 'photos/a.jpg'],
    ['photos/a.jpg', 'photos/', 'copies/', 'copies/a.jpg'],
    ['photos/a.jpg', 'photos/', '', 'a.jpg'],
    ['photos/a.jpg', undefined, 'copies/', 'copies/photos/a.jpg'],
    ['photos', 'photos', 'copies', 'copies'],
    ['photos/photos/a', 'photos/', 'p', 'pphotos/a'],
    ['a/../b', 'a/', 'c/', 'c/../b'],
  ])('%j under source prefix %j and destination prefix %j: %j', (key, from, to, expected) => {
    const request = { source: { prefix: from }, destination: { prefix: to } };
    expect(destinationKey(key, request)).toBe(expected);
  });
});

describe('Keys are URL-encoded', () => {
  it.each([
    ['a b', 'a%20b'],
    ['a+b', 'a%2Bb'],
    ['100%', '100%25'],
    ['a/b//c/', 'a/b//c/'],
    ['line\nbreak', 'line%0Abreak'],
    ['"quoted"', '%22quoted%22'],
    ['\u2028', '%E2%80%A8'],
    ['😀', '%F0%9F%98%80'],
    // What a spreadsheet would run as a formula.
    ['=1+1', '%3D1%2B1'],
    ['@SUM(A1)', '%40SUM(A1)'],
    ['-2+3', '%2D2%2B3'],
    ['\t=1', '%09%3D1'],
  ])('%j as %s, and back', (key, encoded) => {
    expect(encodeKey(key)).toBe(encoded);
    expect(decodeKey(encoded)).toBe(key);
  });

  it('reads a plus as the space that an inventory may mean by it', () => {
    expect(decodeKey('a+b%2Bc')).toBe('a b+c');
  });

  it.each([
    ['a lone percent sign', '100%'],
    ['half an escape', 'a%2'],
    ['no hexadecimal digits', '%zz'],
    ['a lone surrogate', '%ED%A0%80'],
    ['a byte that begins no character', '%FF'],
    ['an overlong form', '%C0%AF'],
    ['a character cut off', '%F0%9F%98'],
    ['what is left of bytes that were no UTF-8', 'caf\uFFFD'],
  ])('what was never a key does not decode: %s', (_, encoded) => {
    expect(decodeKey(encoded)).toBeUndefined();
  });
});

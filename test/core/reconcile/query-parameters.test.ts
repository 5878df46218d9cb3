import * as fc from 'fast-check';
import { describe, expect, it } from '@jest/globals';
import { globMatcher } from '../../../core/inventory/glob.js';
import { areTooLong, queryParameters } from '../../../core/reconcile/query-parameters.js';
import { anyKey } from '../../property/keys.js';
import { bounds, delivered, request } from './cases.js';

const NAMES = [
  'sourceDelivery',
  'sourcePrefix',
  'destinationDelivery',
  'destinationPrefix',
  'minSize',
  'maxSize',
  'from',
  'before',
  'prefixOfInclude',
  'include',
  'prefixOfExclude',
  'exclude',
  'classes',
] as const;

describe('Parameters of the queries', () => {
  it('of a pair that says nothing leave nothing out', () => {
    expect(of({})).toEqual({
      sourceDelivery: "'2026-03-10-01-00'",
      sourcePrefix: "''",
      destinationDelivery: "'2026-03-10-02-30'",
      destinationPrefix: "''",
      minSize: '0',
      maxSize: expect.stringMatching(/^\d{14,}$/),
      from: "''",
      before: "'9999'",
      prefixOfInclude: "''",
      include: "''",
      prefixOfExclude: "''",
      exclude: String.raw`'\z.'`,
      classes: "''",
    });
  });

  it('quotes in prefixes are doubled, and nothing else is changed', () => {
    const prefix = `it's -- "a\\b"; %_/ü/😀\n''`;
    const pair = bounds({ source: { bucket: 'photos', prefix } });
    const parameters = of({ source: { bucket: 'photos', prefix } }, pair);
    const literal = `'it''s -- "a\\b"; %_/ü/😀\n'''''`;
    expect(parameters).toMatchObject({ sourcePrefix: literal, destinationPrefix: literal, prefixOfInclude: literal });
  });

  it('a part of the pair goes where the pair puts it, and globs are of whole keys', () => {
    const pair = bounds({
      source: { bucket: 'photos', prefix: 'a/' },
      destination: { bucket: 'replica', prefix: 'b/' },
    });
    const input = { source: { bucket: 'photos', prefix: 'a/c/' }, destination: { bucket: 'replica', prefix: 'b/c/' } };
    expect(of(input, pair)).toMatchObject({
      sourcePrefix: "'a/c/'",
      destinationPrefix: "'b/c/'",
      prefixOfInclude: "'a/'",
    });
  });

  it('the key of which nothing would be left at the destination is excluded, as runs leave it out', () => {
    const pair = bounds({
      source: { bucket: 'photos', prefix: 'a.b/' },
      destination: { bucket: 'replica', prefix: '' },
    });
    const input = { source: { bucket: 'photos', prefix: 'a.b/' }, destination: { bucket: 'replica', prefix: '' } };
    expect(of({ ...input, exclude: ['*.tmp'] }, pair).exclude).toBe(String.raw`'(?s)\A(?:.*\.tmp|a\.b/)\z'`);
  });

  it('times within a second are those of the next one, since an inventory has whole seconds', () => {
    const input = { modifiedAfter: '2026-01-01T00:00:00.001Z', modifiedBefore: '2026-02-01T12:00:00.999+02:00' };
    expect(of(input)).toMatchObject({ from: "'2026-01-01 00:00:01'", before: "'2026-02-01 10:00:01'" });
    expect(of({ modifiedAfter: '2026-01-01' }).from).toBe("'2026-01-01 00:00:00'");
  });

  it('STANDARD is also a class that the inventory leaves out', () => {
    expect(of({ storageClasses: ['STANDARD', 'GLACIER'] }).classes).toBe(String.raw`'\A(?:STANDARD|GLACIER|)\z'`);
    expect(of({ storageClasses: ['GLACIER'] }).classes).toBe(String.raw`'\A(?:GLACIER)\z'`);
  });

  it('more than 1,024 characters are more than Athena takes of a parameter', () => {
    const withGlob = (length: number) =>
      queryParameters(request({ include: ['a'.repeat(length)] }), bounds(), SOURCE, DESTINATION, 0);
    const around = String.raw`'(?s)\A(?:)\z'`.length;
    expect(areTooLong(withGlob(1_024 - around))).toBe(false);
    expect(areTooLong(withGlob(1_025 - around))).toBe(true);
  });

  it('a pattern matches the keys that its globs do', () => {
    // JavaScript's own, with u and s, reads such patterns as RE2 and Joni do but for the anchors.
    const matches = (literal: string) => {
      const body = /^'\(\?s\)\\A(.*)\\z'$/s.exec(literal)?.[1] ?? '';
      return new RegExp(`^${body.replaceAll("''", "'")}$(?![^])`, 'su');
    };
    const character = fc.constantFrom(...Array.from("*?*?ab\\.+()|[]{}^$-#&~'/,:=!<> \n\u0000ü😀"));
    const text = fc.string({ unit: character, minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), fc.oneof(text, anyKey), (globs, key) => {
        const pattern = matches(of({ include: globs }).include);
        for (const candidate of [key, ...globs, globs.join('')])
          expect(pattern.test(candidate)).toBe(globs.some((glob) => globMatcher(glob)(candidate)));
      }),
      { numRuns: 500 },
    );
  });
});

const SOURCE = delivered('2026-03-10T01:00:00Z');
const DESTINATION = delivered('2026-03-10T02:30:00Z');

function of(input: object, pair = bounds()): Record<(typeof NAMES)[number], string> {
  const { common } = queryParameters(request(input), pair, SOURCE, DESTINATION, 0);
  expect(common).toHaveLength(NAMES.length);
  return Object.fromEntries(NAMES.map((name, at) => [name, common[at] ?? ''])) as Record<
    (typeof NAMES)[number],
    string
  >;
}

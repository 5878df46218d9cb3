import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { readEventPattern } from '../../../local/events/event-pattern.js';
import { wildcard } from '../../../local/events/wildcard.js';

const matches = (pattern: unknown, event: unknown) => readEventPattern(JSON.stringify(pattern))(event);

const EVENT = {
  source: 'aws.s3',
  resources: ['arn:aws:s3:::photos', 'arn:aws:s3:::other'],
  detail: {
    bucket: { name: 'photos' },
    object: { key: 'in/a.JPG', size: 300, none: null, flag: true, empty: [], text: '' },
    parts: [
      { number: 1, state: 'done' },
      { number: 2, state: 'open' },
    ],
  },
};

describe('A pattern is for an event', () => {
  const key = (matcher: unknown) => ({ detail: { object: { key: [matcher] } } });
  const size = (matcher: unknown) => ({ detail: { object: { size: [matcher] } } });

  it.each([
    ['by a value out of several', { source: ['aws.ec2', 'aws.s3'] }, true],
    ['not by another value', { source: ['aws.ec2'] }, false],
    ['by all of its fields', { source: ['aws.s3'], detail: { bucket: { name: ['photos'] } } }, true],
    ['not where one of its fields differs', { source: ['aws.s3'], detail: { bucket: { name: ['other'] } } }, false],
    ['not where a field is missing', { detail: { color: ['red'] } }, false],
    ['not by a name in another case', { Source: ['aws.s3'] }, false],
    ['by any element of an array', { resources: ['arn:aws:s3:::other'] }, true],
    ['by names joined with periods', { 'detail.bucket': { name: ['photos'] } }, true],
    ['by prefix', key({ prefix: 'in/' }), true],
    ['by prefix, whatever the case', key({ prefix: { 'equals-ignore-case': 'IN/' } }), true],
    ['by suffix', key({ suffix: '.JPG' }), true],
    ['not by a suffix in another case', key({ suffix: '.jpg' }), false],
    ['by suffix, whatever the case', key({ suffix: { 'equals-ignore-case': '.jpg' } }), true],
    ['by a value, whatever the case', key({ 'equals-ignore-case': 'IN/A.jpg' }), true],
    ['by wildcard', key({ wildcard: 'in/*.JPG' }), true],
    ['not by a wildcard for more', key({ wildcard: 'in/*b*.JPG' }), false],
    ['by what it is not', key({ 'anything-but': 'in/b.JPG' }), true],
    ['not by what it is', key({ 'anything-but': ['in/a.JPG', 'in/b.JPG'] }), false],
    ['not by a prefix that it has', key({ 'anything-but': { prefix: 'in/' } }), false],
    ['by none of several suffixes', key({ 'anything-but': { suffix: ['.png', '.gif'] } }), true],
    ['not by a value that it is in another case', key({ 'anything-but': { 'equals-ignore-case': 'IN/A.JPG' } }), false],
    ['not by a wildcard that fits', key({ 'anything-but': { wildcard: 'in/*' } }), false],
    ['not by anything but, where nothing is', { detail: { color: [{ 'anything-but': 'red' }] } }, false],
    ['by a number', size(300.0), true],
    ['not by a number as text', size('300'), false],
    ['by numbers between bounds', size({ numeric: ['>', 0, '<=', 300] }), true],
    ['not by numbers beyond', size({ numeric: ['>', 300] }), false],
    ['by an equal number', size({ numeric: ['=', 3e2] }), true],
    ['by null', { detail: { object: { none: [null] } } }, true],
    ['not by null where nothing is', { detail: { color: [null] } }, false],
    ['by true', { detail: { object: { flag: [true] } } }, true],
    ['by the empty text', { detail: { object: { text: [''] } } }, true],
    ['by a field that exists', { detail: { object: { none: [{ exists: true }] } } }, true],
    ['not by existence of an object', { detail: { object: [{ exists: true }] } }, false],
    ['not by existence of an empty array', { detail: { object: { empty: [{ exists: true }] } } }, false],
    ['by a field that does not exist', { detail: { color: [{ exists: false }] } }, true],
    ['not by the absence of one that exists', { source: [{ exists: false }] }, false],
    ['by one of several branches', { detail: { $or: [{ color: ['red'] }, { bucket: { name: ['photos'] } }] } }, true],
    ['not by branches of which none holds', { $or: [{ source: ['x'] }, { resources: ['y'] }] }, false],
    ['by fields of one element of an array', { detail: { parts: { number: [2], state: ['open'] } } }, true],
    ['not by fields of two elements', { detail: { parts: { number: [2], state: ['done'] } } }, false],
    ['by $or as a name, where it holds no branches', { detail: { $or: ['x'] } }, false],
  ])('%s', (_, pattern, expected) => {
    expect(matches(pattern, EVENT)).toBe(expected);
  });

  it('in linear time, whatever its wildcards and branches are', () => {
    const text = 'a'.repeat(200_000);
    expect(wildcard(`${'*a'.repeat(200)}*b`)(text)).toBe(false);
    expect(matches({ a: [{ wildcard: '*a*a*a*a*a*a*a*a*b' }] }, { a: text })).toBe(false);
  });

  it('by wildcards as a regular expression would', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '\\') });
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', '\\*', '\\\\', '*')), letters, (pieces, text) => {
        const pattern = pieces.filter((piece, index) => piece !== '*' || pieces[index - 1] !== '*').join('');
        const source = pieces.map((piece) => (piece === '*' ? '.*' : piece)).join('');
        expect(wildcard(pattern)(text)).toBe(new RegExp(`^${source}$`, 's').test(text));
      }),
    );
  });
});

describe('A pattern is refused as EventBridge refuses it', () => {
  it.each([
    ['text for a list', { source: 'aws.s3' }, '"source" must be an object or an array'],
    ['an empty list', { source: [] }, 'Empty arrays are not allowed'],
    ['an empty object', { detail: {} }, 'Empty objects are not allowed'],
    ['an unknown operator', { a: [{ EXISTS: true }] }, 'Unrecognized match type EXISTS'],
    ['a number as prefix', { a: [{ prefix: 1 }] }, 'prefix match pattern must be a string'],
    ['a number as suffix', { a: [{ suffix: 1 }] }, 'suffix match pattern must be a string'],
    [
      'a list for equals-ignore-case',
      { a: [{ 'equals-ignore-case': ['x'] }] },
      'equals-ignore-case match pattern must be a string',
    ],
    ['a number as wildcard', { a: [{ wildcard: 1 }] }, 'wildcard match pattern must be a string'],
    [
      'two stars in a row',
      { a: [{ wildcard: 'arn:aws:events:us-east-1:**:event-bus/*' }] },
      'Consecutive wildcard characters at pos 26',
    ],
    ['an escape of nothing', { a: [{ wildcard: 'a\\b' }] }, 'Invalid escape character at pos 2'],
    [
      'anything but null',
      { a: [{ 'anything-but': null }] },
      'Value of anything-but must be an array or single string/number value.',
    ],
    [
      'anything but true',
      { a: [{ 'anything-but': [true] }] },
      'Inside anything but list, start|null|boolean is not supported.',
    ],
    ['anything but an empty prefix', { a: [{ 'anything-but': { prefix: '' } }] }, 'Null prefix/suffix not allowed'],
    ['a number for numeric', { a: [{ numeric: 1 }] }, 'Value of numeric must be an array.'],
    ['text as a bound', { a: [{ numeric: ['>', 0, '<', '5'] }] }, 'Value of < must be numeric'],
    ['two lower bounds', { a: [{ numeric: ['>', 0, '>', 5] }] }, 'Bad numeric range operator: >'],
    ['bounds that leave nothing', { a: [{ numeric: ['>', 5, '<', 5] }] }, 'Bottom must be less than top'],
    ['exists as text', { a: [{ exists: 'yes' }] }, 'exists match pattern must be either true or false.'],
  ])('%s', (_, pattern, reason) => {
    expect(() => readEventPattern(JSON.stringify(pattern))).toThrow(`Event pattern is not valid. Reason: ${reason}`);
  });

  it('what is no JSON, or no object', () => {
    expect(() => readEventPattern('{')).toThrow(/^Event pattern is not valid\. Reason: /);
    expect(() => readEventPattern('["a"]')).toThrow(
      /Reason: Filter is not an object\n at \[Source: \(String\)"\["a"\]"; line: 1, column: 2\]$/,
    );
  });

  it('cidr, by name', () => {
    expect(() => readEventPattern('{"a":[{"cidr":"10.0.0.0/24"}]}')).toThrow(
      'The embedded EventBridge does not do cidr in event patterns.',
    );
  });

  it('whatever it is: it is read, or refused', () => {
    const scalar = fc.constantFrom(null, true, 0, 7, '', 'x', '*', '<', '=');
    const operand = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.record({ prefix: scalar }));
    const operators = [
      'prefix',
      'suffix',
      'numeric',
      'anything-but',
      'wildcard',
      'exists',
      'equals-ignore-case',
      'odd',
    ];
    const matcher = fc.oneof(
      { weight: 3, arbitrary: scalar },
      fc.dictionary(fc.constantFrom(...operators), operand, { maxKeys: 2 }),
    );
    // Mostly lists, or hardly any pattern could be read.
    const lists = { weight: 5, arbitrary: fc.array(matcher, { minLength: 1, maxLength: 2 }) };
    const field = fc.oneof(scalar, fc.constant([]), lists);
    const name = fc.constantFrom('a', 'b', 'a.b', '$or');
    const inner = fc.dictionary(name, field, { maxKeys: 2 });
    const pattern = fc.dictionary(
      name,
      fc.oneof({ weight: 3, arbitrary: field }, inner, fc.array(inner, { maxLength: 3 })),
      { maxKeys: 3 },
    );
    const leaf = fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }));
    const event = fc.dictionary(name, fc.oneof(leaf, fc.dictionary(name, leaf, { maxKeys: 2 })), { maxKeys: 3 });
    let reads = 0;
    fc.assert(
      fc.property(pattern, event, (given, happened) => {
        let read: ReturnType<typeof readEventPattern>;
        try {
          read = readEventPattern(JSON.stringify(given));
        } catch (error) {
          expect(error).toMatchObject({ name: 'EventsError' });
          return;
        }
        reads += 1;
        expect(typeof read(happened)).toBe('boolean');
      }),
      { numRuns: 1000 },
    );
    expect(reads).toBeGreaterThan(40);
  });
});

import { describe, expect, it } from '@jest/globals';
import type { Proof } from '../../../contracts/proof.js';
import { compare, type Comparison, type Known, type Sight } from '../../../core/compare/compare.js';
import type { Checksum } from '../../../core/ports.js';

const AT = Date.UTC(2026, 0, 31);
const SINGLE = '5d41402abc4b2a76b9719d911017c592';
const OTHER = '7d793037a0760186574b0282f2f435e7';
const BY_TIME = 'identical, sizeAndTime';
const YOUNGER = AT + 1000;
const OLDER = AT - 1000;

const SOURCE: Known = { size: 5, etag: SINGLE, lastModified: AT, etagKind: 'digest', checksums: undefined };
const crc64 = (value: string): Checksum => ({ algorithm: 'CRC64NVME', type: 'FULL_OBJECT', value });
const sha256 = (value: string): Checksum => ({ algorithm: 'SHA256', type: 'COMPOSITE', value });
const PROVED: Proof = { source: SINGLE, destination: OTHER, evidence: 'copied' };

interface Case {
  source?: Partial<Known>;
  /** Beside an object that is the source's in all. */
  there?: Partial<Known>;
  onFile?: Sight['onFile'];
  strong?: true;
}

describe('A source object is compared with what is at its destination', () => {
  it.each<[string, Case, string]>([
    // 1 | lacks size, ETag or time | | | | HEAD the source, then as below |
    ['1: no size in the inventory', { source: { size: undefined } }, 'ask source'],
    ['1: no ETag in the inventory', { source: { etag: undefined } }, 'ask source'],
    ['1: no time in the inventory', { source: { lastModified: undefined } }, 'ask source'],

    // 3 | there | differ | | differs |
    ['3: another size', { there: { size: 6 } }, 'differs by size'],
    ['3: another size under the same ETag', { there: { size: 6, etag: SINGLE } }, 'differs by size'],
    ['3: another size, ETags opaque', { there: { size: 6, etag: OTHER, etagKind: 'opaque' } }, 'differs by size'],
    ['3: another size, whatever is on file', { there: { size: 6, etag: OTHER }, onFile: PROVED }, 'differs by size'],

    // 4 | there | equal | equal | identical, `etag` |
    ['4: equal size and ETag', {}, 'identical, etag'],
    ['4: equal size and ETag, older than the source', { there: { lastModified: OLDER } }, 'identical, etag'],
    [
      '4: equal size and ETag, in parts',
      { source: { etag: `${SINGLE}-3` }, there: { etag: `${SINGLE}-3` } },
      'identical, etag',
    ],
    ['4: equal size and ETag under KMS', { source: { etagKind: 'opaque' }, strong: true }, 'identical, etag'],

    // 5 | there | equal | differ, both comparable | differs |
    ['5: another ETag', { there: { etag: OTHER, etagKind: 'digest' } }, 'differs by etag'],
    [
      '5: another ETag, younger',
      { there: { etag: OTHER, etagKind: 'digest', lastModified: YOUNGER } },
      'differs by etag',
    ],
    [
      '5: another ETag in as many parts',
      { source: { etag: `${SINGLE}-3` }, there: { etag: `${OTHER}-3`, etagKind: 'digest' } },
      'differs by etag',
    ],
    [
      '5: another ETag, proof asked for',
      { there: { etag: OTHER, etagKind: 'digest' }, strong: true },
      'differs by etag',
    ],

    // 6 | there | equal | differ, an earlier run's proof is about these two | identical, `copied` |
    ['6: nothing was looked for yet', { there: { etag: OTHER }, onFile: 'unread' }, 'ask proofs'],
    ['6: it was copied before', { there: { etag: OTHER, etagKind: 'opaque' }, onFile: PROVED }, 'identical, copied'],
    [
      '6: it was copied before, proof asked for',
      { there: { etag: OTHER, etagKind: 'opaque' }, onFile: PROVED, strong: true },
      'identical, copied',
    ],
    [
      '6: its checksum was seen before',
      { there: { etag: OTHER, etagKind: 'opaque' }, onFile: { ...PROVED, evidence: 'checksum' } },
      'identical, checksum',
    ],
    ['6: it was copied before, encryption not told', { there: { etag: OTHER }, onFile: PROVED }, 'identical, copied'],

    // 7 | there | equal | differ, not known whether comparable | HEAD that side |
    ['7: encryption of the destination not known', { there: { etag: OTHER } }, 'ask destination'],
    [
      '7: encryption of the source not known',
      { source: { etagKind: 'unknown' }, there: { etag: OTHER, etagKind: 'digest' } },
      'ask source',
    ],
    ['7: encryption of neither known', { source: { etagKind: 'unknown' }, there: { etag: OTHER } }, 'ask destination'],

    // 8 | there | equal | not comparable, proof asked for | HEAD both; equal checksums → identical; unequal → differs |
    ['8: asked for', { source: { etagKind: 'opaque' }, there: { etag: OTHER }, strong: true }, 'ask destination'],
    [
      '8: asked for, and the destination seen',
      { source: { etagKind: 'opaque' }, there: { etag: OTHER, checksums: [crc64('a')] }, strong: true },
      'ask source',
    ],
    [
      '8: equal full-object checksums',
      {
        source: { etagKind: 'opaque', checksums: [crc64('a')] },
        there: { etag: OTHER, checksums: [crc64('a')] },
        strong: true,
      },
      'identical, checksum',
    ],
    [
      '8: unequal full-object checksums, younger',
      {
        source: { etagKind: 'opaque', checksums: [crc64('a')] },
        there: { etag: OTHER, lastModified: YOUNGER, checksums: [crc64('b')] },
        strong: true,
      },
      'differs by checksum',
    ],
    [
      '8: unequal checksums that a HEAD has shown, though none was asked for',
      {
        source: { etagKind: 'opaque', checksums: [crc64('a')] },
        there: { etag: OTHER, checksums: [crc64('b')] },
      },
      'differs by checksum',
    ],
    [
      '8: the HEAD that was needed has shown a checksum: the source has one too, most likely',
      { there: { etag: OTHER, etagKind: 'opaque', checksums: [crc64('a')] } },
      'ask source',
    ],
    [
      '8: equal composite checksums',
      {
        source: { etag: `${SINGLE}-3`, etagKind: 'opaque', checksums: [sha256('a-3')] },
        there: { etag: `${OTHER}-3`, checksums: [sha256('a-3')] },
        strong: true,
      },
      'identical, checksum',
    ],
    [
      '8: somebody has written there since it was copied',
      { source: { etagKind: 'opaque' }, there: { etag: 'third' }, onFile: PROVED },
      'ask destination',
    ],
    [
      '8: somebody has written there since, and no checksum says that it is the same',
      {
        source: { etagKind: 'opaque', checksums: [] },
        there: { etag: 'third', lastModified: YOUNGER, checksums: [] },
        onFile: PROVED,
      },
      'differs by etag',
    ],
    [
      '8: what is on file is about a source that was replaced since',
      { source: { etag: 'new', etagKind: 'opaque' }, there: { etag: OTHER }, onFile: PROVED },
      'identical, sizeAndTime',
    ],

    // 9 | there | equal | not comparable, no proof to be had, `proof: "strong"` | differs: unproved |
    [
      '9: no checksums',
      { source: { etagKind: 'opaque', checksums: [] }, there: { etag: OTHER, checksums: [] }, strong: true },
      'differs by unproved',
    ],
    [
      '9: checksums of two algorithms',
      {
        source: { etagKind: 'opaque', checksums: [{ ...crc64('a'), algorithm: 'CRC32' }] },
        there: { etag: OTHER, checksums: [crc64('a')] },
        strong: true,
      },
      'differs by unproved',
    ],
    [
      '9: composite checksums that differ: the parts may',
      {
        source: { etag: `${SINGLE}-3`, etagKind: 'opaque', checksums: [sha256('a-3')] },
        there: { etag: `${OTHER}-3`, lastModified: YOUNGER, checksums: [sha256('b-3')] },
        strong: true,
      },
      'differs by unproved',
    ],

    // 10 | there | equal | not comparable | not older than the source → identical, `sizeAndTime`; older → differs |
    ['10: KMS on the source, as old', { source: { etagKind: 'opaque' }, there: { etag: OTHER } }, BY_TIME],
    [
      '10: KMS on the source, younger',
      { source: { etagKind: 'opaque' }, there: { etag: OTHER, lastModified: YOUNGER } },
      BY_TIME,
    ],
    [
      '10: KMS on the source, older',
      { source: { etagKind: 'opaque' }, there: { etag: OTHER, lastModified: OLDER } },
      'differs by time',
    ],
    ['10: KMS on the destination', { there: { etag: OTHER, etagKind: 'opaque' } }, BY_TIME],
    ['10: in parts at the source only', { source: { etag: `${SINGLE}-3` } }, BY_TIME],
    ['10: in parts at the destination only', { there: { etag: `${SINGLE}-3`, etagKind: 'digest' } }, BY_TIME],
    ['10: in another number of parts', { source: { etag: `${SINGLE}-3` }, there: { etag: `${OTHER}-30` } }, BY_TIME],
  ])('%s', (_, { source = {}, there = {}, onFile = 'none', strong }, expected) => {
    const answer = compare({
      source: { ...SOURCE, ...source },
      destination: { ...SOURCE, etagKind: 'unknown', ...there },
      onFile,
      isStrong: strong ?? false,
    });
    expect(wordsOf(answer)).toBe(expected);
  });

  it('2: nothing is there: missing', () => {
    expect(compare({ source: SOURCE, destination: undefined, onFile: 'unread', isStrong: true })).toEqual({
      kind: 'missing',
    });
  });
});

function wordsOf(answer: Comparison): string {
  switch (answer.kind) {
    case 'identical':
      return `identical, ${answer.evidence}`;
    case 'differs':
      return `differs by ${answer.by}`;
    case 'ask':
      return `ask ${answer.what}`;
    case 'missing':
      return 'missing';
  }
}

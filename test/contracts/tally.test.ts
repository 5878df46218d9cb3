import { describe, expect, it } from '@jest/globals';
import { indexed, outOfScope, summary, verified } from '../../contracts/tally.js';
import { noCounts } from '../../core/verify/counts.js';

const PIECE = { segment: { key: 'k', offset: 0, length: 1 }, rows: 1, bytes: 0, first: 'a', last: 'a' };

describe('What a child answers', () => {
  it.each<[string, object]>([
    ['with nothing owed', { chunk: '0-0', counts: noCounts(), owed: [], report: [], owedReport: [], proofs: [] }],
    [
      'with owed rows',
      {
        chunk: '0-0',
        counts: { ...noCounts(), owed: 1, causes: { SlowDown: 1 } },
        owed: [PIECE],
        report: [],
        owedReport: [],
        proofs: [{ key: 'k', rows: 1, first: 'a', last: 'a' }],
      },
    ],
  ])('%s can be tallied', (_, answer) => {
    expect(verified.parse(answer)).toEqual(answer);
  });

  it.each<[string, object]>([
    ['a negative count', { counts: { ...noCounts(), owed: -1 } }],
    ['half a row', { counts: { ...noCounts(), copied: 0.5 } }],
    ['a count beyond counting', { counts: { ...noCounts(), copied: 2 ** 53 } }],
    ['a cause without a number', { counts: { ...noCounts(), causes: { SlowDown: 'many' } } }],
    ['an unknown evidence only', { counts: { ...noCounts(), evidence: { hearsay: 1 } } }],
    ['an empty piece', { owed: [{ ...PIECE, rows: 0 }] }],
    ['a report of neither success nor failure', { report: [{ key: 'k', md5: 'm', status: 'maybe', rows: 1 }] }],
  ])('cannot be tallied with %s', (_, fields) => {
    const answer = { chunk: '0-0', counts: noCounts(), owed: [], report: [], owedReport: [], ...fields };
    expect(verified.safeParse(answer).success).toBe(false);
  });

  it('of an inventory file is counts or a refusal, never both', () => {
    const counts = {
      rows: 0,
      outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
      expected: 0,
      bytes: 0,
      chunks: 0,
    };
    expect(indexed.safeParse({ kind: 'indexed', file: 0, ...counts }).success).toBe(true);
    expect(indexed.safeParse({ kind: 'refused', file: 0, error: 'ManifestCorrupt', message: 'why' }).success).toBe(
      true,
    );
    expect(indexed.safeParse({ kind: 'refused', file: 0, ...counts }).success).toBe(false);
    expect(indexed.safeParse({ kind: 'indexed', file: 0, error: 'ManifestCorrupt', message: 'why' }).success).toBe(
      false,
    );
  });
});

describe('A summary', () => {
  it('of a run before duplicates were counted has none', () => {
    expect(outOfScope.parse({ deleteMarkers: 1, noncurrent: 2, filtered: 3 })).toEqual({
      deleteMarkers: 1,
      noncurrent: 2,
      filtered: 3,
      duplicates: 0,
    });
  });

  it('has the fields that scripts read, under the names of the README', () => {
    expect(Object.keys(summary.shape)).toEqual([
      'message',
      'runId',
      'pair',
      'scope',
      'startedAt',
      'status',
      'manifestRows',
      'outOfScope',
      'expected',
      'verified',
      'gone',
      'archived',
      'failed',
      'drift',
      'evidence',
      'bytesCopied',
      'passes',
      'wouldCopy',
      'fence',
      'links',
    ]);
    expect(Object.keys(summary.shape.links.shape)).toEqual([
      'report',
      'failures',
      'query',
      'redrive',
      'redriveInput',
      'dashboard',
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { decide, readCounts } from '../../../core/reconcile/counts.js';
import { counts, found } from './cases.js';

/** As Athena answers: text. */
const ROW = {
  source_rows: '110',
  destination_rows: '104',
  by_etag: '80',
  by_size_and_time: '10',
  missing: '12',
  different: '8',
  only_at_destination: '6',
  repeated: '0',
  matched_bytes: '9000',
  differing_bytes: '700',
  newer_missing: '3',
  newer_different: '2',
  newer_bytes: '200',
};

describe('The counts of two inventories', () => {
  it('newer rows are taken out of the missing and the different ones', () => {
    expect(readCounts(ROW)).toEqual({
      repeated: 0,
      counts: {
        sourceRows: 110,
        destinationRows: 104,
        byEtag: 80,
        bySizeAndTime: 10,
        missing: 9,
        different: 6,
        onlyAtDestination: 6,
        newer: 5,
        matchedBytes: 9000,
        differingBytes: 500,
      },
    });
  });

  it('sums of bytes beyond 2^53 are rounded and no error', () => {
    expect(readCounts({ ...ROW, matched_bytes: '9223372036854775807' }).counts.matchedBytes).toBe(2 ** 63);
  });

  it.each<[string, Partial<typeof ROW>, RegExp]>([
    ['a row of the source is lost', { source_rows: '111' }, /110 of 111 rows of the source/],
    ['a row of the destination is counted twice', { destination_rows: '103' }, /104 of 103 rows of the destination/],
    ['more is newer than differs', { newer_missing: '13' }, /whole numbers/],
    ['a count is no number', { missing: '', newer_missing: '1' }, /whole numbers/],
    ['a count is a fraction', { by_etag: '80.5' }, /whole numbers/],
    ['repeated is no number', { repeated: 'x' }, /whole numbers/],
  ])('are refused where %s', (_, row, message) => {
    expect(() => readCounts({ ...ROW, ...row })).toThrow(message);
    expect(() => readCounts({ ...ROW, ...row })).toThrow(expect.objectContaining({ name: 'CountsContradict' }));
  });

  it('are refused where a column is not there', () => {
    const { by_etag: _, ...less } = ROW;
    expect(() => readCounts(less)).toThrow(/whole numbers/);
  });
});

describe('What comes after the count', () => {
  const some = counts({ sourceRows: 100, byEtag: 95, missing: 5 });
  it.each<[string, Parameters<typeof decide>, string, string[]]>([
    ['nothing differs', [counts({ sourceRows: 3, byEtag: 3 }), 0, found()], 'record', []],
    ['5 % differ', [some, 0, found()], 'difference', []],
    ['more than 5 % differ', [{ ...some, different: 1 }, 0, found()], 'backfill', ['MuchDiffers']],
    [
      'newer objects are not judged, and the rest differs by more',
      [{ ...some, newer: 1 }, 0, found()],
      'backfill',
      ['MuchDiffers'],
    ],
    [
      'everything may differ',
      [counts({ sourceRows: 2, missing: 2 }), 0, found({ maxDifference: 100 })],
      'difference',
      [],
    ],
    [
      'nothing may differ',
      [counts({ sourceRows: 1e6, missing: 1 }), 0, found({ maxDifference: 0 })],
      'backfill',
      ['MuchDiffers'],
    ],
    ['a dry run', [some, 0, found({ dryRun: true })], 'record', []],
    ['keys stand twice in an inventory', [some, 2, found({ dryRun: true })], 'backfill', ['InventoryRepeats']],
    [
      'the source has no rows: Athena may have looked in the wrong place',
      [counts({ destinationRows: 9, onlyAtDestination: 9 }), 0, found()],
      'backfill',
      ['InventoryEmpty'],
    ],
    [
      'size and time are not proof enough',
      [counts({ sourceRows: 3, byEtag: 2, bySizeAndTime: 1 }), 0, found({ proof: 'strong' })],
      'backfill',
      ['ProofIsWeak'],
    ],
    ['ETags are proof enough', [counts({ sourceRows: 3, byEtag: 3 }), 0, found({ proof: 'strong' })], 'record', []],
  ])('%s', (_, input, next, notes) => {
    const decided = decide(...input);
    expect(decided.next).toBe(next);
    expect(decided.notes.map(({ name }) => name)).toEqual(notes);
  });
});

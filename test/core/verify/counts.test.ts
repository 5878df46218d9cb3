import { describe, expect, it } from '@jest/globals';
import { counts as countsSchema } from '../../../contracts/tally.js';
import { addCounts, countVerdict, noCounts, settledRows } from '../../../core/verify/counts.js';
import type { Verdict } from '../../../core/verify/judge.js';
import { rowOf } from '../support/rows.js';

const VERDICTS: Verdict[] = [
  { kind: 'identical', evidence: 'etag', drift: false },
  { kind: 'identical', evidence: 'sizeAndTime', drift: true },
  { kind: 'copied', drift: false, bytes: 10 },
  { kind: 'copied', drift: true, bytes: 20 },
  { kind: 'gone' },
  { kind: 'archived' },
  { kind: 'wouldCopy' },
  { kind: 'owed', cause: 'SlowDown', message: '' },
  { kind: 'owed', cause: 'SlowDown', message: '' },
  { kind: 'owed', cause: 'AccessDenied', message: '' },
];
const COUNTED = {
  identical: 2,
  copied: 2,
  gone: 1,
  archived: 1,
  wouldCopy: 1,
  wouldCopyBytes: 7,
  drift: 2,
  evidence: { etag: 1, checksum: 0, copied: 2, sizeAndTime: 1 },
  bytesCopied: 30,
  owed: 3,
};

describe('Rows are counted', () => {
  it('each once, under its outcome, its evidence and its cause', () => {
    const counts = count();
    expect(counts).toMatchObject(COUNTED);
    expect(counts.causes).toEqual({ SlowDown: 2, AccessDenied: 1 });
    expect(settledRows(counts)).toBe(7);
    expect(settledRows(counts) + counts.owed).toBe(VERDICTS.length);
  });

  it('over chunks and passes, without losing a count on the way', () => {
    const sum = noCounts();
    addCounts(sum, count());
    addCounts(sum, countsSchema.parse(JSON.parse(JSON.stringify(count()))));
    expect(sum).toMatchObject({ identical: 4, copied: 4, bytesCopied: 60, owed: 6, wouldCopyBytes: 14, drift: 4 });
    expect(sum.causes).toEqual({ SlowDown: 4, AccessDenied: 2 });
    expect(sum.evidence).toEqual({ etag: 2, checksum: 0, copied: 4, sizeAndTime: 2 });
  });

  it('also under a cause that is called as what every object has', () => {
    const counts = noCounts();
    for (const cause of ['constructor', 'toString', '__proto__', 'constructor'])
      countVerdict(counts, rowOf('a'), { kind: 'owed', cause, message: '' });
    const sum = noCounts();
    for (const each of [counts, counts]) addCounts(sum, each);
    expect(Object.entries(sum.causes)).toEqual([
      ['constructor', 4],
      ['toString', 2],
      ['__proto__', 2],
    ]);
  });

  it('with no field that adding up forgets', () => {
    const ones = { ...count(), evidence: { etag: 1, checksum: 1, copied: 1, sizeAndTime: 1 } };
    const sum = noCounts();
    addCounts(sum, ones);
    expect(sum).toEqual(ones);
  });
});

function count() {
  const counts = noCounts();
  for (const verdict of VERDICTS) countVerdict(counts, rowOf('a', { size: 7 }), verdict);
  return counts;
}

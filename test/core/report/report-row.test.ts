import { parse } from 'csv-parse/sync';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { outcome as outcomeSchema } from '../../../contracts/outcome.js';
import { decodeKey } from '../../../core/keys.js';
import { REPORT_SCHEMA, reportRow } from '../../../core/report/report-row.js';
import type { Verdict } from '../../../core/verify/judge.js';
import { anyRow } from '../../property/rows.js';
import { rowOf } from '../support/rows.js';

const DENIED: Verdict = { kind: 'owed', cause: 'AccessDenied', message: 'Access Denied', status: 403 };

describe('A row of the completion report', () => {
  it('has the seven columns of S3 Batch Operations', () => {
    expect(REPORT_SCHEMA.split(', ')).toEqual([
      'Bucket',
      'Key',
      'VersionId',
      'TaskStatus',
      'ErrorCode',
      'HTTPStatusCode',
      'ResultMessage',
    ]);
    expect(fieldsOf({ kind: 'gone' })).toHaveLength(7);
  });

  it.each<[string, Verdict, string[]]>([
    [
      'identical',
      { kind: 'identical', evidence: 'etag', drift: false },
      ['succeeded', '', '200', '{"outcome":"identical","evidence":"etag"}'],
    ],
    [
      'identical, weakly',
      { kind: 'identical', evidence: 'sizeAndTime', drift: false },
      ['succeeded', '', '200', '{"outcome":"identical","evidence":"sizeAndTime"}'],
    ],
    [
      'identical, as drift',
      { kind: 'identical', evidence: 'etag', drift: true },
      ['succeeded', '', '200', '{"outcome":"identical","evidence":"etag","drift":true}'],
    ],
    [
      'identical, as an earlier run copied it',
      { kind: 'identical', evidence: 'copied', drift: false },
      ['succeeded', '', '200', '{"outcome":"identical","evidence":"copied"}'],
    ],
    [
      'copied',
      { kind: 'copied', drift: false, bytes: 5 },
      ['succeeded', '', '200', '{"outcome":"copied","evidence":"copied"}'],
    ],
    [
      'copied, as drift',
      { kind: 'copied', drift: true, bytes: 5 },
      ['succeeded', '', '200', '{"outcome":"copied","evidence":"copied","drift":true}'],
    ],
    ['gone', { kind: 'gone' }, ['succeeded', '', '404', '{"outcome":"gone"}']],
    ['archived', { kind: 'archived' }, ['succeeded', '', '200', '{"outcome":"archived"}']],
    ['would be copied', { kind: 'wouldCopy' }, ['succeeded', '', '200', '{"outcome":"wouldCopy"}']],
    ['failed', DENIED, ['failed', 'AccessDenied', '403', '{"outcome":"failed","message":"Access Denied"}']],
    [
      'failed without an answer',
      { kind: 'owed', cause: 'NoAnswer', message: '' },
      ['failed', 'NoAnswer', '', '{"outcome":"failed","message":""}'],
    ],
  ])('%s', (_, verdict, fields) => {
    expect(fieldsOf(verdict)).toEqual(['photos', 'a', '', ...fields]);
    expect(outcomeSchema.safeParse(JSON.parse(fields[3] ?? '')).success).toBe(true);
  });

  it.each([
    ['=HYPERLINK("http://evil")', '%3DHYPERLINK(%22http%3A//evil%22)'],
    ['+1', '%2B1'],
    ['-1', '%2D1'],
    ['@SUM(A1)', '%40SUM(A1)'],
    ['\tcmd', '%09cmd'],
    ['\rcmd', '%0Dcmd'],
    ['a"b,c', 'a%22b%2Cc'],
    ['line\nbreak', 'line%0Abreak'],
  ])('is run by no spreadsheet: key %j is written %s', (key, written) => {
    expect(parse(reportRow('photos', rowOf(key), DENIED))[0]?.[1]).toBe(written);
  });

  it('is run by no spreadsheet for its version id either', () => {
    const versionId = '-2+3+cmd|calc!A0';
    const written = parse(reportRow('photos', rowOf('a', { versionId }), DENIED))[0]?.[2];
    expect(written).toBe('%2D2%2B3%2Bcmd%7Ccalc!A0');
    expect(decodeKey(written ?? '')).toBe(versionId);
  });

  it('leaves the version ids that S3 gives as they are', () => {
    const versionId = '3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY_-';
    expect(parse(reportRow('photos', rowOf('a', { versionId }), DENIED))[0]?.[2]).toBe(versionId);
  });

  it('is one line of seven quoted fields, whatever the row and S3’s message hold', () => {
    const message = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(anyRow, message, (row, message) => {
        const line = reportRow('photos', row, { ...DENIED, message });
        expect(line).not.toMatch(/[\r\n]/);
        const [fields = []] = parse(line);
        expect(fields).toHaveLength(7);
        expect(decodeKey(fields[1] ?? '')).toBe(row.key);
        expect(JSON.parse(fields[6] ?? '')).toEqual({ outcome: 'failed', message });
        for (const field of fields) expect(field).not.toMatch(/^[=+\-@\t\r]/);
      }),
      { numRuns: 500 },
    );
  });
});

function fieldsOf(verdict: Verdict): string[] {
  return parse(reportRow('photos', rowOf('a'), verdict))[0] ?? [];
}

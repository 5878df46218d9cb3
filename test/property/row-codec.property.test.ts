import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { decodeRows, encodeRow } from '../../core/inventory/row-codec.js';
import { anyRow } from './rows.js';

describe('Rows on file, whatever they hold', () => {
  it('are one line each, and come back as they were', () => {
    fc.assert(
      fc.property(anyRow, (row) => {
        const line = encodeRow(row);
        expect(line).not.toMatch(/[\r\n]/);
        expect(decodeRows(line)).toEqual([row]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are not taken apart at a quote or a comma that is theirs', () => {
    const tricky = fc.string({ unit: fc.constantFrom('"', ',', 'a'), maxLength: 8 });
    fc.assert(
      fc.property(anyRow, tricky, tricky, tricky, (row, versionId, etag, storageClass) => {
        const odd = { ...row, versionId, etag, storageClass };
        expect(decodeRows(encodeRow(odd))).toEqual([odd]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('come back all, in order', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 20 }), (rows) => {
        expect(decodeRows(rows.map((row) => `${encodeRow(row)}\n`).join(''))).toEqual(rows);
      }),
    );
  });
});

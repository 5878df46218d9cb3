import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { type CsvDialect, plainCsv } from '../../../local/athena/run/csv-lines.js';

const USUAL: CsvDialect = { separator: ',', quote: '"', escape: '\\', skippedLines: 0 };

/** The rows of a text as the SerDe reads it. @param pieces of how many bytes it comes */
async function rowsOf(text: Buffer, dialect = USUAL, pieces = 7): Promise<string[][]> {
  const chunks = Array.from({ length: Math.ceil(text.length / pieces) }, (_, index) =>
    text.subarray(index * pieces, (index + 1) * pieces),
  );
  const plain = await buffer(Readable.from(chunks).pipe(plainCsv(dialect)));
  return parse(plain, { relax_column_count: true, skip_empty_lines: false });
}

const csv = (rows: string[][]) =>
  rows.map((row) => `${row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')}\n`).join('');

describe('Lines of CSV', () => {
  it('that S3 and we write are read as they were written, however they come in pieces', async () => {
    const value = fc.string({
      unit: fc.constantFrom(...'a b , " % + ä é \u{1F600} ;'.split(' '), ' ', '\t'),
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(value, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 40 }),
        async (rows, pieces) => {
          expect(await rowsOf(Buffer.from(csv(rows)), USUAL, pieces)).toEqual(rows);
        },
      ),
    );
  });

  it('are taken apart as OpenCSV does it', async () => {
    const lines = async (text: string, dialect: Partial<CsvDialect> = {}) =>
      rowsOf(Buffer.from(text), { ...USUAL, ...dialect });
    expect(await lines('a,b\r\nc,d\re,f')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ]);
    expect(await lines('"a\\"b","c\\\\d","e\\fg"\n')).toEqual([['a"b', 'c\\d', 'efg']]);
    expect(await lines('e\\fg,"h\\\\i"\n')).toEqual([['efg', 'h\\i']]);
    expect(await lines('plain "quoted" text,  "blanks before"\n')).toEqual([['plain "quoted" text', 'blanks before']]);
    expect(await lines("'a;b';c\n", { separator: ';', quote: "'" })).toEqual([['a;b', 'c']]);
    expect(await lines('head,er\n1,2\n', { skippedLines: 1 })).toEqual([['1', '2']]);
    expect(await rowsOf(Buffer.from([0x61, 0xff, 0x2c, 0x62, 0x0a]))).toEqual([['a\uFFFD', 'b']]);
  });

  it('of any bytes end in rows or in an error that says what it is', async () => {
    const bytes = fc.array(fc.constantFrom(0x22, 0x2c, 0x0a, 0x0d, 0x5c, 0x61, 0xc3, 0xa4), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        const outcome = await rowsOf(Buffer.from(given)).catch((error: Error) => error.message);
        expect(Array.isArray(outcome) || /several lines/.test(outcome)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { withoutDuplicates } from '../../core/inventory/duplicates.js';
import { readCsvLine } from '../../core/inventory/csv-manifest/csv-line.js';
import { bytesOf, linesOfPiece } from '../../core/inventory/csv-manifest/piece.js';
import { decodeRows } from '../../core/inventory/row-codec.js';
import { sortRows } from '../../core/inventory/row-order.js';
import { temporaryScratch } from '../../adapters/scratch.js';
import { encodeRows } from '../core/support/row-lines.js';
import { rowOf } from '../core/support/rows.js';
import { anyKey } from './keys.js';

const LONGEST = 64;
const line = fc.string({ unit: fc.constantFrom('a', 'b', ',', '"', '\r', 'é'), maxLength: 12 });
const text = fc
  .tuple(fc.array(line, { maxLength: 12 }), fc.boolean())
  .map(([lines, ends]) => lines.join('\n') + (ends ? '\n' : ''));

describe('The pieces of a file', () => {
  it('have each of its lines once and in order, wherever it is cut and however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        async (text, piece, block) => {
          const bytes = Buffer.from(text);
          let found = '';
          for (let from = 0; from < bytes.length; from += piece) {
            const range = { from, to: Math.min(bytes.length, from + piece) };
            for await (const { bytes: lines, at } of linesOfPiece(
              read(bytes, range, block),
              range,
              bytes.length,
              LONGEST,
              () => new Error('too long'),
            )) {
              expect(at).toBe(Buffer.byteLength(found));
              found += lines.toString();
            }
          }
          expect(found).toBe(text === '' || text.endsWith('\n') ? text : `${text}\n`);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('A line of a list', () => {
  it('has the fields that csv-parse finds in it, or is refused by both', () => {
    fc.assert(
      fc.property(line, (line) => {
        fc.pre(line !== '' && !line.includes('\r'));
        expect(readCsvLine(line)).toEqual(byCsvParse(line));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('Of rows of one key', () => {
  const rows = fc.array(
    fc.tuple(
      anyKey.filter((key) => key !== ''),
      fc.nat({ max: 3 }),
      fc.nat({ max: 2 }),
    ),
    { maxLength: 30 },
  );

  it('the same one is left, however many rows came together and in whatever order', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.nat({ max: 30 }), async (rows, cut) => {
        const all = rows.map(([key, day, size]) => rowOf(key, { lastModified: Date.UTC(2026, 0, day + 1), size }));
        const whole = await distinct([all]);
        const pieces = await distinct([await distinct([all.slice(cut)]), await distinct([all.slice(0, cut)])]);
        expect(pieces).toEqual(whole);
        expect(whole).toHaveLength(new Set(all.map(({ key }) => key)).size);
        for (const row of whole)
          expect(row.lastModified).toBe(
            Math.max(...all.filter(({ key }) => key === row.key).map(({ lastModified }) => lastModified)),
          );
      }),
      { numRuns: 200 },
    );
  });
});

async function distinct(batches: ReturnType<typeof rowOf>[][]): Promise<ReturnType<typeof rowOf>[]> {
  const scratch = temporaryScratch();
  async function* given() {
    for (const batch of batches) yield encodeRows(batch);
  }
  const found: ReturnType<typeof rowOf>[] = [];
  for await (const { bytes } of withoutDuplicates(sortRows(given(), scratch), () => undefined))
    found.push(...(decodeRows(bytes.toString('latin1')) as ReturnType<typeof rowOf>[]));
  await scratch.clear();
  return found;
}

async function* read(bytes: Buffer, range: { from: number; to: number }, block: number): AsyncGenerator<Buffer> {
  const { from, to } = bytesOf(range, bytes.length, LONGEST);
  for (let at = from; at < to; at += block) yield bytes.subarray(at, Math.min(to, at + block));
}

function byCsvParse(line: string): string[] | undefined {
  try {
    const [record]: string[][] = parse(line, { record_delimiter: '\n' });
    return record;
  } catch {
    return undefined;
  }
}

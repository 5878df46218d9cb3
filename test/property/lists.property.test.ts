import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Row } from '../../contracts/row.js';
import { BackfillError } from '../../core/errors.js';
import { pieceRows, type CsvManifest } from '../../core/inventory/csv-manifest/piece-rows.js';
import { decodeRows } from '../../core/inventory/row-codec.js';
import { encodeKey } from '../../core/keys.js';
import type { FileStore } from '../../core/ports.js';
import { runOf } from '../core/support/rows.js';
import { SOURCE } from '../core/support/storage.js';
import { anyKey } from './keys.js';

const COLUMNS = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'dt'];
const maybe = (...values: string[]) => fc.constantFrom(...values);
const record = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constant(SOURCE) }, { weight: 1, arbitrary: maybe('other', '') }),
    fc.oneof(
      { weight: 9, arbitrary: anyKey.map(encodeKey) },
      { weight: 1, arbitrary: maybe('a b', '%zz', 'a\tb', 'é') },
    ),
    maybe('0', '5', '007', '', '-1', '5.5', '50000000000001', '9007199254740993'),
    maybe(
      '2026-01-31 01:02:03.004',
      '2026-01-31T01:02:03.004Z',
      '2026-01-31 01:02:03',
      '2026-02-30 01:02:03.004',
      '1969-01-31 01:02:03.004',
      '2026-01-31 25:02:03.004',
      '2026-01-31 01:02:03.004Z',
      '',
    ),
    maybe('5d41402abc4b2a76b9719d911017c592', 'abc-2', '', 'a b'),
    maybe('STANDARD', '', 'GLACIER'),
    maybe('2026-01-31-00-00', '', 'x y'),
  )
  .chain((fields) => fc.tuple(...fields.map((field) => fc.tuple(fc.constant(field), fc.boolean()))))
  .map((fields) => fields.map(([field, isQuoted]) => (field !== '' || isQuoted ? `"${field}"` : '')).join(','));

describe('A record of a list', () => {
  it('is the same row whether it is read the short way or the long one, or is refused by both', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 3 }), async (records) => {
        const short = await rowsOf(records.map((each) => `${each}\n`).join(''));
        // A record that ends so is not in the dialect that the short way knows.
        const long = await rowsOf(records.map((each) => `${each}\r\n`).join(''));
        expect(short).toEqual(long);
        if (Array.isArray(short)) read += 1;
      }),
      { numRuns: 5_000 },
    );
    // Else all of this would be said of refusals.
    expect(read).toBeGreaterThan(200);
  });
});

/** The rows of a list, or the name under which it is refused. */
async function rowsOf(text: string): Promise<Row[] | string> {
  const bytes = Buffer.from(text);
  const files = {
    streamRange: () => Promise.resolve(Readable.from([bytes])),
  } as unknown as FileStore;
  const manifest: CsvManifest = {
    kind: 'csv',
    bucket: 'lists',
    key: 'a',
    version: '1',
    size: bytes.length,
    columns: COLUMNS,
  };
  const rows: Row[] = [];
  const taking = { count: () => undefined, isExpected: () => true, isFiltered: false };
  try {
    for await (const batch of pieceRows(files, runOf('list'), manifest, { from: 0, to: bytes.length }, taking))
      rows.push(...decodeRows(batch.bytes.toString('latin1')));
    return rows;
  } catch (error) {
    if (error instanceof BackfillError) return error.name;
    throw error;
  }
}

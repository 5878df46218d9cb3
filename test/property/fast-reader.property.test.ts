import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import type { Row } from '../../contracts/row.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { readCsv, type BlockReader } from '../../core/inventory/csv.js';
import { MAX_RECORD_BYTES } from '../../core/inventory/records.js';
import { encodeRow } from '../../core/inventory/row-codec.js';
import { compareLines, encodeRows, type RowLines } from '../../core/inventory/row-lines.js';
import { compareRows } from '../../core/inventory/row-order.js';
import { rowReader } from '../../core/inventory/row-reader.js';
import { recordDecoder } from '../../core/inventory/schema.js';
import { isFiltered, scopeOf } from '../../core/inventory/scope.js';
import { recordsOf } from '../core/support/records.js';
import { requestOf } from '../core/support/rows.js';
import { anyKey } from './keys.js';
import { anyRow } from './rows.js';

/** What a field may hold as bytes of a file: also quotes that nobody doubled, and bytes that are no UTF-8. */
const oddField = fc.constantFrom(
  '"a"',
  '""',
  '"',
  'a',
  '',
  '"a""b"',
  '"a\nb"',
  '"é"',
  '"\r"',
  'a"b',
  '"a"b',
  '"\0"',
  '"😀"',
);
const plainField = fc.constantFrom('"a"', '"bc"', '""', '"users/1.jpg"');
const field = fc.oneof({ weight: 12, arbitrary: plainField }, { weight: 1, arbitrary: oddField });
const ending = fc.oneof(
  { weight: 12, arbitrary: fc.constant('\n') },
  { weight: 1, arbitrary: fc.constantFrom('\r\n', '\r', '', '\n\n', ',\n', '"\n') },
);
const line = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.array(field, { minLength: 3, maxLength: 3 }) },
      { weight: 1, arbitrary: fc.array(field, { minLength: 1, maxLength: 5 }) },
    ),
    ending,
  )
  .map(([fields, end]) => fields.join(',') + end);
/** A change of a byte anywhere: to another one, or taken out, or put in. */
const mutation = fc.record({
  at: fc.nat(400),
  byte: fc.oneof(
    fc.constantFrom(...Buffer.from('",\n\r a\0')),
    fc.constantFrom(0xef, 0xbb, 0xbf, 0xc3, 0xa9, 0xff),
    fc.nat(255),
  ),
  how: fc.constantFrom('set', 'remove', 'insert' as const),
});
const cuts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 6 });

const file = (record: fc.Arbitrary<string>) =>
  fc
    .tuple(
      fc.array(record, { maxLength: 12 }),
      fc.array(mutation, { maxLength: 2 }),
      fc.constantFrom('', '', '', '\uFEFF'),
    )
    .map(([lines, mutations, start]) => mutations.reduce(mutate, Buffer.from(start + lines.join(''))));

describe('The fast reader of records, beside csv-parse', () => {
  it('makes the same of any bytes, wherever they are cut: the same records, and the same error behind them', async () => {
    await fc.assert(
      fc.asyncProperty(file(line), cuts, async (bytes, cuts) => {
        const { read, code } = await readOurs(bytes, cuts, recordsOf(3));
        expect({ read: read.flat(), code }).toEqual(readTheirs(bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});

const COLUMNS = [
  'Bucket',
  'Key',
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'EncryptionStatus',
  'ReplicationStatus',
];

const one = <T>(usual: fc.Arbitrary<T>, ...odd: T[]) =>
  fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.constantFrom(...odd) });
const date = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2300-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const unusualDate = fc
  .tuple(fc.nat(9999), fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(61), fc.nat(61), fc.nat(999))
  .map(
    ([year, month, day, hour, minute, second, ms]) =>
      `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}.${pad(ms, 3)}Z`,
  );
const encodedKey = fc.oneof(
  anyKey.map((key) => encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/')),
  fc.constantFrom('a', 'users/1.jpg', 'a+b', 'caf%C3%A9', '-a', '%2Da', '%61', '%c3%a9', 'a%2Fb', 'k'.repeat(1024)),
);
const record = fc
  .tuple(
    one(fc.constant('photos'), 'photo', 'photos2', ''),
    one(encodedKey, '', '%', '%E0', 'a b', 'é', 'k'.repeat(1025), '\xff'),
    one(fc.constantFrom('', 'null', 'v1'), 'v'.repeat(1024), 'v'.repeat(1025), 'a b', 'é'),
    one(fc.constantFrom('true', 'false'), 'TRUE', '', 'truer', 'fals'),
    one(fc.constantFrom('false'), 'true', 'FALSE', ''),
    one(
      fc.maxSafeNat().map((n) => String(n % 10 ** 14)),
      '007',
      '0',
      '',
      '50000000000000',
      '50000000000001',
      '999999999999999',
      '0000000000000000000001',
      '1e3',
      '-1',
      '1 ',
    ),
    one(
      fc.oneof(date, unusualDate),
      '2026-01-31T12:30:00Z',
      '',
      '2026-02-31T00:00:00.000Z',
      '2026-01-31T24:00:00.000Z',
    ),
    one(fc.constantFrom('5d41402abc4b2a76b9719d911017c592', 'e-3'), '', 'e'.repeat(128), 'e'.repeat(129), 'a b'),
    one(fc.constantFrom('STANDARD', 'GLACIER', ''), 'S'.repeat(64), 'S'.repeat(65), 'é'),
    one(fc.constantFrom('SSE-S3', ''), 'S'.repeat(65), ' '),
    one(fc.constantFrom('', 'COMPLETED'), 'é', 'a\nb', '\r', '\0', 'a""b'),
  )
  .map((fields) => `${fields.map((field) => `"${field}"`).join(',')}\n`);
const columns = fc.oneof(
  fc.constant(COLUMNS),
  fc.shuffledSubarray(COLUMNS.slice(2)).map((some) => ['Bucket', 'Key', ...some]),
  fc.shuffledSubarray(COLUMNS.slice(2)).map((some) => ['Size', 'Key', 'Key', ...some, 'Bucket', 'Bucket']),
);
const request = fc.constantFrom<Partial<RunRequestInput>>(
  {},
  {},
  { versions: 'all' },
  { exclude: ['a*'] },
  { minSize: 10 ** 12, storageClasses: ['STANDARD'] },
  { modifiedAfter: '2026-01-01T00:00:00Z' },
  { source: { bucket: 'photos', prefix: 'users/' } },
);

describe('Rows that are made of bytes', () => {
  it('are those that csv-parse, the decoder and the encoder would make, or refused by the same words', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { maxLength: 8 }),
        columns,
        request,
        cuts,
        fc.array(mutation, { maxLength: 1 }),
        async (records, columns, asked, cuts, mutations) => {
          const text = records.map((each) => pick(each, columns)).join('');
          const bytes = mutations.reduce(mutate, Buffer.from(text));
          const { reader, rowsOf } = bothReaders(columns, asked);
          const ours = await readOurs(bytes, cuts, reader).catch((error: unknown) => ({ error }));
          const theirs = attempt(() => rowsOf(readTheirs(bytes), columns.length));
          if ('error' in ours || 'error' in theirs) {
            expect('error' in ours && String(ours.error)).toEqual('error' in theirs && String(theirs.error));
            return;
          }
          const lines = ours.read.flatMap(linesOf);
          expect({ lines, code: ours.code }).toEqual(theirs);
        },
      ),
      { numRuns: 2_500 },
    );
  });

  it('are in the order of their keys, time and latest, without a look at what most keys mean', () => {
    fc.assert(
      fc.property(anyRow, anyRow, anyKey, fc.boolean(), (a, b, stem, same) => {
        const [left, right] = [
          { ...a, key: stem + a.key },
          { ...b, key: same ? stem + a.key : stem + b.key },
        ];
        const [one, other] = [encodeRows([left]), encodeRows([right])];
        const [line, otherLine] = [one.lines[0], other.lines[0]];
        if (!line || !otherLine) throw new Error('a line is missing');
        expect(Math.sign(compareLines(one.bytes, line, other.bytes, otherLine))).toBe(
          Math.sign(compareRows(left, right)),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The row reader, and what does the same by csv-parse, recordDecoder, scopeOf and encodeRow. */
function bothReaders(columns: readonly string[], asked: Parameters<typeof requestOf>[0]) {
  const request = requestOf({ source: { bucket: 'photos' }, ...asked });
  const decode = recordDecoder(columns, 'photos');
  const reasonOut = scopeOf(request);
  const where = () => `record ${count}`;
  let count = 0;
  const reader = rowReader({
    columns,
    sourceBucket: 'photos',
    isFiltered: isFiltered(request),
    count: () => void (count += 1),
    decode: (record) => decode(record, where),
    isExpected: (row) => reasonOut(row) === undefined,
  });
  const rowsOf = ({ read, code }: { read: string[][]; code: string }, expected: number) => {
    const rows: Row[] = [];
    let at = 0;
    for (const record of read) {
      at += 1;
      if (record.length !== expected) return { lines: rows.map(describeRow), code: 'columns' };
      const row = decode(record, () => `record ${at}`);
      if (reasonOut(row) === undefined) rows.push(row);
    }
    return { lines: rows.map(describeRow), code };
  };
  const checked: BlockReader<RowLines> = {
    read: (bytes) => reader.read(bytes),
    convert: (records) => {
      const odd = records.findIndex((record) => record.length !== columns.length);
      if (odd === -1) return reader.convert(records);
      return { ...reader.convert(records.slice(0, odd)), isLast: true } as RowLines;
    },
  };
  return { reader: checked, rowsOf };
}

function describeRow(row: Row) {
  const { size = 0, lastModified = 0, isLatest, key } = row;
  return { line: `${encodeRow(row)}\n`, key, size, lastModified, isLatest };
}

function linesOf({ bytes, lines }: RowLines) {
  return lines.map(({ start, end, keyEnd, ...rest }) => ({
    line: bytes.toString('utf8', start, end),
    key: decodeURIComponent(bytes.toString('latin1', start + 1, keyEnd)),
    ...rest,
  }));
}

async function readOurs<T>(bytes: Buffer, cuts: number[], reader: BlockReader<T>) {
  const read: T[] = [];
  try {
    for await (const batch of readCsv(Readable.from(cut(bytes, cuts)), reader, MAX_RECORD_BYTES, 1)) {
      read.push(batch);
      if (typeof batch === 'object' && batch && 'isLast' in batch) return { read, code: 'columns' };
    }
    return { read, code: '' };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    return { read, code };
  }
}

function readTheirs(bytes: Buffer): { read: string[][]; code: string } {
  const read: string[][] = [];
  try {
    parse(bytes, {
      max_record_size: MAX_RECORD_BYTES,
      relax_column_count: true,
      on_record: (record: string[]) => void read.push(record),
    });
    return { read, code: '' };
  } catch (error) {
    return { read, code: (error as { code: string }).code };
  }
}

/** Pieces as long as `cuts` say, in turn. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length;) {
    const to = from + (cuts[pieces.length % cuts.length] ?? 1);
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}

type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutate(bytes: Buffer, { at, byte, how }: Mutation): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  return Buffer.concat([
    bytes.subarray(0, place),
    how === 'remove' ? Buffer.of() : Buffer.of(byte),
    bytes.subarray(how === 'insert' ? place : place + 1),
  ]);
}

/** The fields of these columns, in quotes. */
function pick(line: string, columns: readonly string[]): string {
  const fields = line.slice(1, -2).split('","');
  return `${columns.map((column) => `"${fields[COLUMNS.indexOf(column)] ?? ''}"`).join(',')}\n`;
}

function pad(value: number, length = 2): string {
  return String(value).padStart(length, '0');
}

function attempt<T>(work: () => T): T | { error: unknown } {
  try {
    return work();
  } catch (error) {
    return { error };
  }
}

import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import type { Row } from '../../contracts/row.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { readCsv, type BlockReader } from '../../core/inventory/csv.js';
import { MAX_RECORD_BYTES } from '../../core/inventory/records.js';
import { encodeRow } from '../../core/inventory/row-codec.js';
import { compareLines, keyOf, readRowLines, type RowLine, type RowLines } from '../../core/inventory/row-lines.js';
import { compareRows } from '../core/support/rows.js';
import { VERSION_FIELDS } from '../support/world.js';
import { rowReader } from '../../core/inventory/row-reader.js';
import { recordDecoder } from '../../core/inventory/schema.js';
import { isFiltered, scopeOf } from '../../core/inventory/scope.js';
import { recordsOf } from '../core/support/records.js';
import { encodeRows } from '../core/support/row-lines.js';
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
      { numRuns: 1_000 },
    );
  });
});

const COLUMNS = ['Bucket', 'Key', ...VERSION_FIELDS, 'ReplicationStatus'];

/** One part of a time at an edge of what it may be, or beyond it. */
const edges = ['0000-', '0099-', '2001-', '2002-', '2285-', '2286-', '9999-']
  .map((year) => `${year}06-15T12:30:30.500Z`)
  .concat(['00', '01', '02', '04', '12', '13'].map((month) => `2026-${month}-31T00:00:00.000Z`))
  .concat(['00', '01', '28', '29', '30', '31', '32'].map((day) => `2026-03-${day}T23:59:59.999Z`))
  .concat(['23', '24', '25'].flatMap((hour) => [`2026-03-31T${hour}:00:00.000Z`, `2026-03-31T${hour}:59:00.000Z`]))
  .concat(['59', '60'].flatMap((sixty) => [`2026-03-31T00:${sixty}:00.000Z`, `2026-03-31T00:00:${sixty}.000Z`]))
  .concat([
    '2026-01-31T12:30:00Z',
    '2026-01-31 12:30:00.000Z',
    '2026-01-31T12:30:00.000+',
    '2026-01-31T12-30:00.000Z',
    '',
  ]);
const time = fc
  .date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2300-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.toISOString());
const encodedKey = fc.oneof(
  anyKey.filter((key) => key !== '').map((key) => encodeURIComponent(key.toWellFormed()).replaceAll('%2F', '/')),
  fc.constantFrom('a', 'users/1.jpg', 'a+b', 'caf%C3%A9', '-a', '%2Da', '%61', '%c3%a9', 'a%2Fb', 'k'.repeat(1024)),
);
const size = fc.maxSafeNat().map((n) => String(n % 10 ** 14 > 50e12 ? n % 1000 : n % 10 ** 14));
/** Of each column what S3 writes, and what comes near it. */
const VALUES: Record<string, [fc.Arbitrary<string>, string[]]> = {
  Bucket: [fc.constant('photos'), ['photo', 'photos2', '']],
  Key: [
    encodedKey,
    ['', '%', '%E0', 'a b', 'é', 'a%20é', 'k'.repeat(1025), '%C3%A9'.repeat(512), '%C3%A9'.repeat(513)],
  ],
  VersionId: [fc.constantFrom('', 'null', 'v1'), ['v'.repeat(1024), 'v'.repeat(1025), 'a b', 'é']],
  IsLatest: [fc.constantFrom('true', 'true', 'false'), ['TRUE', '', 'truer', 'fals']],
  IsDeleteMarker: [fc.constantFrom('false', 'false', 'true'), ['FALSE', '', 'falsee']],
  Size: [
    size,
    [
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
    ],
  ],
  LastModifiedDate: [time, edges],
  ETag: [fc.constantFrom('5d41402abc4b2a76b9719d911017c592', 'e-3'), ['', 'e'.repeat(128), 'e'.repeat(129), 'a b']],
  StorageClass: [fc.constantFrom('STANDARD', 'GLACIER', ''), ['S'.repeat(64), 'S'.repeat(65), 'é']],
  EncryptionStatus: [fc.constantFrom('SSE-S3', ''), ['S'.repeat(64), 'S'.repeat(65), ' ']],
  ReplicationStatus: [fc.constantFrom('', 'COMPLETED'), ['é', 'a\nb', '\r', '\0', 'a""b', ' ']],
};
/** At most one field is odd: behind the first that is refused nothing is seen. */
const record = fc
  .tuple(
    fc.tuple(...COLUMNS.map((column) => VALUES[column]?.[0] ?? fc.constant(''))),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(undefined) },
      {
        weight: 1,
        arbitrary: fc
          .nat(COLUMNS.length - 1)
          .chain((at) => fc.constantFrom(...(VALUES[COLUMNS[at] ?? '']?.[1] ?? [])).map((value) => ({ at, value }))),
      },
    ),
  )
  .map(([usual, odd]) => usual.map((value, at) => (at === odd?.at ? odd.value : value)));
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
        fc.array(record, { maxLength: 4 }),
        columns,
        request,
        cuts,
        fc.oneof({ weight: 4, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(mutation) }),
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
      { numRuns: 1_500 },
    );
  });

  it('are so at every edge of what a field may be', async () => {
    const usual = ['photos', 'a', 'v1', 'true', 'false', '5', '2026-01-31T12:30:30.500Z', 'e', 'STANDARD', '', ''];
    for (const [at, column] of COLUMNS.entries())
      for (const value of VALUES[column]?.[1] ?? []) {
        const bytes = Buffer.from(pick(usual.with(at, value), COLUMNS));
        const { reader, rowsOf } = bothReaders(COLUMNS, {});
        const ours = await readOurs(bytes, [1_000], reader).then(
          ({ read, code }) => ({ lines: read.flatMap(linesOf), code }),
          (error: unknown) => ({ error }),
        );
        expect({ column, value, read: ours }).toEqual({
          column,
          value,
          read: attempt(() => rowsOf(readTheirs(bytes), COLUMNS.length)),
        });
      }
  });

  it('are in the order of their keys, time and latest, without a look at what most keys mean', () => {
    fc.assert(
      fc.property(anyRow, anyRow, anyKey, fc.boolean(), (a, b, stem, same) => {
        const [left, right] = [
          { ...a, key: stem + a.key },
          { ...b, key: same ? stem + a.key : stem + b.key },
        ];
        const [line, otherLine] = encodeRows([left, right]).lines as [RowLine, RowLine];
        expect(Math.sign(compareLines(line, otherLine))).toBe(Math.sign(compareRows(left, right)));
      }),
      { numRuns: 1_000 },
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
  expect(readRowLines(bytes).lines).toEqual(lines);
  return lines.map((each) => {
    const { start, end, size, lastModified, isLatest } = each;
    return { line: bytes.toString('utf8', start, end), key: keyOf(each), size, lastModified, isLatest };
  });
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
function pick(fields: readonly string[], columns: readonly string[]): string {
  return `${columns.map((column) => `"${fields[COLUMNS.indexOf(column)] ?? ''}"`).join(',')}\n`;
}

function attempt<T>(work: () => T): T | { error: unknown } {
  try {
    return work();
  } catch (error) {
    return { error };
  }
}

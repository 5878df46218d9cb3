import { describe, expect, it } from '@jest/globals';
import { readFooter } from '../../../core/parquet/footer.js';
import { ParquetError } from '../../../core/parquet/parquet-error.js';
import type { Value } from '../../../core/parquet/plain.js';
import { readParquet } from '../../../core/parquet/read-parquet.js';
import { ALL_COLUMNS, parquetOf, type ParquetColumn, type ParquetRow } from '../../support/parquet.js';

const MANY = Array.from({ length: 5_000 }, (_, index) => rowOf(`key ${index} é\n😀`, index));

describe('A Parquet file is read as it was written', () => {
  it.each([
    ['packed with Snappy', 'COMPRESSION snappy'],
    ['not packed', 'COMPRESSION uncompressed'],
    ['in row groups', 'COMPRESSION snappy, ROW_GROUP_SIZE 2048'],
    ['without dictionaries', 'COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1'],
  ])('%s', async (_, options) => {
    expect(await read(await parquetOf(MANY, ALL_COLUMNS, options))).toEqual(MANY);
  });

  it('with the columns that are asked for, and no byte of others', async () => {
    const bytes = await parquetOf(MANY, ALL_COLUMNS, 'COMPRESSION uncompressed');
    let asked = 0;
    const rows = await read(bytes, ['size'], (length) => (asked += length));
    expect(rows).toEqual(MANY.map(({ size }) => ({ size })));
    expect(asked).toBeLessThan(bytes.length / 3);
  });

  it('where all of a column is missing, or all the same', async () => {
    const rows = Array.from({ length: 3_000 }, (_, index) => ({
      bucket: 'b',
      key: String(index),
      size: null,
      is_latest: true,
    }));
    expect(await read(await parquetOf(rows, ['bucket', 'key', 'size', 'is_latest']))).toEqual(rows);
  });

  it.each([0, 1, 7, 8, 9, 1_000, 1_001])('where it has %d rows', async (count) => {
    const rows = MANY.slice(0, count);
    expect(await read(await parquetOf(rows))).toEqual(rows);
  });

  it('with numbers up to 2^53, before and after 1970', async () => {
    const rows = [0, 1, -1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1].map((size) => ({
      bucket: 'b',
      key: 'k',
      size,
    }));
    expect(await read(await parquetOf(rows, ['bucket', 'key', 'size']))).toEqual(rows);
  });
});

describe('A Parquet file is refused by what it is written in', () => {
  it.each([
    ['ZSTD', 'COMPRESSION zstd', 'column bucket is packed with ZSTD; expected Snappy or none'],
    ['GZIP', 'COMPRESSION gzip', 'packed with GZIP'],
    ['a newer encoding', 'COMPRESSION snappy, PARQUET_VERSION v2', 'in the encoding DELTA_LENGTH_BYTE_ARRAY'],
  ])('%s', async (_, options, message) => {
    const reading = read(await parquetOf(MANY, ALL_COLUMNS, options));
    await expect(reading).rejects.toMatchObject({ kind: 'unsupported' });
    await expect(reading).rejects.toThrow(message);
  });
});

describe('Of a broken Parquet file it is told', () => {
  it.each<[string, (bytes: Buffer) => Buffer, string]>([
    ['that it is empty', () => Buffer.of(), 'shorter than any Parquet file'],
    ['that it is none', () => Buffer.from('"photos","a"\n'.repeat(9)), 'does not end with PAR1'],
    ['that it was cut off', (bytes) => bytes.subarray(0, -100), 'does not end with PAR1'],
    ['that its footer is longer than it', (bytes) => tail(bytes, bytes.length), 'its footer claims'],
    ['that its footer is no footer', (bytes) => tail(bytes, 3), 'footer'],
  ])('%s', async (_, damage, message) => {
    const reading = read(damage(await parquetOf(MANY.slice(0, 10))));
    await expect(reading).rejects.toBeInstanceOf(ParquetError);
    await expect(reading).rejects.toThrow(message);
  });

  it.each<[string, Buffer]>([
    // Of two billion structs, and no byte of them.
    ['a list of more elements than bytes', Buffer.of(0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07)],
    ['a number without end', Buffer.from([0x15, ...Array<number>(30).fill(0xff)])],
    ['structs without end', Buffer.alloc(10_000, 0x1c)],
    ['lists without end', Buffer.from([0x19, ...Array<number>(10_000).fill(0x19)])],
    ['a text that is longer than it', Buffer.of(0x18, 0xff, 0xff, 0xff, 0xff, 0x0f)],
  ])('that its footer has %s, at once and in no memory', async (_, footer) => {
    const bytes = Buffer.concat([Buffer.from('PAR1'), footer, Buffer.alloc(4), Buffer.from('PAR1')]);
    await expect(read(tail(bytes, footer.length))).rejects.toMatchObject({ kind: 'broken' });
  });

  // Of a footer as long as it may be each would take gigabytes.
  it.each<[string, Buffer]>([
    [
      'a list of structs with nothing in them',
      Buffer.concat([Buffer.of(0x19, 0xfc, 0xc0, 0x8d, 0xb7, 0x01), Buffer.alloc(3e6)]),
    ],
    ['fields of one byte each', Buffer.concat([Buffer.alloc(2e6, 0x11), Buffer.of(0)])],
  ])('that its footer has %s, before they fill the memory', async (_, footer) => {
    const bytes = Buffer.concat([Buffer.from('PAR1'), footer, Buffer.alloc(4), Buffer.from('PAR1')]);
    await expect(read(tail(bytes, footer.length))).rejects.toThrow('its footer has more than 1000000 values');
  });
});

it('A Parquet file whose row groups claim the same bytes again and again is refused, and read where each claims its own', async () => {
  const groups = (count: number) => footerOf(Array.from({ length: count }, () => ({ rows: 1, offset: 4, length: 40 })));
  const opened = (footer: Buffer) => {
    const bytes = Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(60), footer, Buffer.alloc(4), Buffer.from('PAR1')]);
    const file = {
      size: bytes.length,
      readAt: (from: number, length: number) =>
        Promise.resolve(tail(bytes, footer.length).subarray(from, from + length)),
    };
    return readFooter(file, new Set(['size']));
  };
  expect((await opened(groups(1))).groups).toHaveLength(1);
  await expect(opened(groups(3))).rejects.toThrow('its columns claim more bytes than the file has');
});

/** A footer in Thrift's compact protocol, of one column `size`; numbers are below 64. */
function footerOf(groups: { rows: number; offset: number; length: number }[]): Buffer {
  const size = [0x18, 4, ...Buffer.from('size')];
  const number = (value: number) => 2 * value;
  // Path, codec, length and offset of a column, in the fields 3, 4, 7 and 9 of field 3.
  const columnOf = ({ offset, length }: { offset: number; length: number }) =>
    [0x3c, 0x39, 0x18].concat(size.slice(1), [0x15, 0, 0x36, number(length), 0x26, number(offset), 0, 0]);
  const groupOf = (group: { rows: number; offset: number; length: number }) =>
    [0x19, 0x1c].concat(columnOf(group), [0x26, number(group.rows), 0]);
  // The root, and an optional INT64.
  const schema = [0x29, 0x2c, 0x48, 1, 0x72, 0x15, number(1), 0, 0x15, number(2), 0x25, number(1), ...size, 0];
  const rows = groups.reduce((sum, group) => sum + group.rows, 0);
  const all = groups.flatMap(groupOf);
  return Buffer.from([...schema, 0x16, number(rows), 0x19, (groups.length << 4) | 0x0c, ...all, 0]);
}

/** The file with another length of its footer. */
function tail(bytes: Buffer, footerLength: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt32LE(footerLength, bytes.length - 8);
  return changed;
}

async function read(
  bytes: Buffer,
  names: readonly ParquetColumn[] = ALL_COLUMNS,
  onRead: (length: number) => void = () => undefined,
): Promise<Record<string, Value | null>[]> {
  const file = {
    size: bytes.length,
    readAt: (offset: number, length: number) => {
      onRead(length);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  };
  const footer = await readFooter(file, new Set<string>(names));
  const columns = names.flatMap((name) => footer.columns.get(name) ?? []);
  const rows: Record<string, Value | null>[] = [];
  for await (const batch of readParquet(file, footer, columns))
    for (let index = 0; index < batch.rows; index++)
      rows.push(Object.fromEntries(columns.map(({ name }, at) => [name, batch.values[at]?.[index] ?? null])));
  return rows;
}

function rowOf(key: string, index: number): Required<ParquetRow> {
  return {
    bucket: 'photos',
    key,
    version_id: null,
    is_latest: index % 3 === 0,
    is_delete_marker: false,
    size: index % 7 === 0 ? null : index * 3e9,
    last_modified_date: 1_700_000_000_000 + index,
    e_tag: index % 5 === 0 ? null : `${index}`.padStart(32, '0'),
    storage_class: index % 2 === 0 ? 'STANDARD' : 'GLACIER',
    encryption_status: 'SSE-S3',
  };
}

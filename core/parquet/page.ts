import type { Codec, Column } from './footer.js';
import { HybridReader } from './hybrid.js';
import { broken, unsupported } from './parquet-error.js';
import { PlainReader, type Value } from './plain.js';
import { unpackSnappy } from './snappy.js';
import type { Struct } from './thrift.js';

/** Writers make pages and dictionaries of about 1 MiB; of each column that is read one is held, unpacked. */
const MAX_PAGE_BYTES = 32 * 1024 * 1024;
const MAX_DICTIONARY_BYTES = 8 * 1024 * 1024;

const ENCODINGS = [
  'PLAIN',
  '1',
  'PLAIN_DICTIONARY',
  'RLE',
  'BIT_PACKED',
  'DELTA_BINARY_PACKED',
  'DELTA_LENGTH_BYTE_ARRAY',
  'DELTA_BYTE_ARRAY',
  'RLE_DICTIONARY',
  'BYTE_STREAM_SPLIT',
];
const RLE = 3;

/** A page as it lies in the file: its header, and the bytes behind that. */
export interface PackedPage {
  header: Struct;
  bytes: Buffer;
}

/** Values of a data page, in order. */
export interface Page {
  /** Rows that are not read yet. */
  left: number;
  /** The next `count` values; undefined where there is none. */
  read(count: number): (Value | undefined)[];
}

/** Values that others name by their number. */
export function readDictionary({ header, bytes }: PackedPage, column: Column, codec: Codec): Value[] {
  const about = header.struct(7);
  if (!about) throw broken('a dictionary page has no header of its own');
  const unpacked = unpack(bytes, codec, header.count(2), MAX_DICTIONARY_BYTES);
  const count = about.count(1);
  // A value takes four bytes at least.
  if (count > unpacked.length / 4) throw broken(`a dictionary claims ${count} values`);
  const plain = new PlainReader(unpacked, column);
  return Array.from({ length: count }, () => plain.next());
}

/** @param dictionary of the column in this row group, where it has one */
export function readDataPage(
  { header, bytes }: PackedPage,
  column: Column,
  codec: Codec,
  dictionary: readonly Value[] | undefined,
): Page {
  const { rows, encoding, levels, values } = open(header, bytes, codec, column);
  const readValues = valuesOf(values, encoding, column, dictionary);
  const defined = column.isOptional ? new HybridReader(levels, 1) : undefined;
  return {
    left: rows,
    read(count) {
      this.left -= count;
      const isThere = defined?.read(count);
      if (!isThere) return readValues(count);
      const present = readValues(isThere.reduce((sum, level) => sum + level, 0));
      let next = 0;
      return Array.from(isThere, (level) => (level === 1 ? present[next++] : undefined));
    },
  };
}

interface OpenedPage {
  rows: number;
  encoding: number;
  /** Of each row, whether it has a value. */
  levels: Buffer;
  values: Buffer;
}

/** Packed as a whole; the levels come first, behind their length. */
function open(header: Struct, bytes: Buffer, codec: Codec, { isOptional }: Column): OpenedPage {
  const about = header.struct(5);
  if (!about) throw broken('a data page has no header of its own');
  const unpacked = unpack(bytes, codec, header.count(2));
  const [rows, encoding] = [about.count(1), about.count(2)];
  if (!isOptional) return { rows, encoding, levels: Buffer.of(), values: unpacked };
  if (about.count(3) !== RLE) throw unsupported(`a page has levels in the encoding ${nameOf(about.count(3))}`);
  const length = unpacked.length < 4 ? Infinity : unpacked.readUInt32LE();
  if (4 + length > unpacked.length) throw broken('a page has levels that are longer than it');
  return { rows, encoding, levels: unpacked.subarray(4, 4 + length), values: unpacked.subarray(4 + length) };
}

function valuesOf(
  bytes: Buffer,
  encoding: number,
  column: Column,
  dictionary: readonly Value[] | undefined,
): (count: number) => Value[] {
  switch (nameOf(encoding)) {
    case 'PLAIN': {
      const plain = new PlainReader(bytes, column);
      return (count) => Array.from({ length: count }, () => plain.next());
    }
    case 'PLAIN_DICTIONARY':
    case 'RLE_DICTIONARY': {
      const places = new HybridReader(bytes.subarray(1), bytes[0] ?? 0);
      const valueAt = (place: number) => {
        const value = dictionary?.[place];
        if (value === undefined)
          throw broken(`its column ${column.name} names a value that its dictionary does not have`);
        return value;
      };
      return (count) => Array.from(places.read(count), valueAt);
    }
  }
  throw unsupported(`its column ${column.name} is in the encoding ${nameOf(encoding)}; expected PLAIN or a dictionary`);
}

function unpack(bytes: Buffer, codec: Codec, length: number, most = MAX_PAGE_BYTES): Buffer {
  if (length > most) throw broken(`a page claims ${length} bytes; expected at most ${most}`);
  if (codec === 'snappy') return unpackSnappy(bytes, length);
  if (bytes.length !== length) throw broken(`a page claims ${length} bytes and has ${bytes.length}`);
  return bytes;
}

function nameOf(encoding: number): string {
  return ENCODINGS[encoding] ?? String(encoding);
}

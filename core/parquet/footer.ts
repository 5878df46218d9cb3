import { broken, unsupported } from './parquet-error.js';
import { readStruct, type Struct } from './thrift.js';

/** Bytes of a file, as from a disk. */
export interface RandomAccess {
  /** Of the whole file. */
  readonly size: number;
  /** `length` bytes from `offset` on; never asked for beyond the file. */
  readAt(offset: number, length: number): Promise<Buffer>;
}

/** By the numbers that parquet.thrift gives them; others hold nothing that an inventory has. */
const TYPES: Readonly<Record<number, ColumnType>> = { 0: 'boolean', 1: 'int32', 2: 'int64', 6: 'bytes' };
export type ColumnType = 'boolean' | 'int32' | 'int64' | 'bytes';

/** How many of a unit of time are a millisecond. */
type TimeUnit = 1 | 1_000 | 1_000_000;

/** A column without lists or groups. */
export interface Column {
  name: string;
  type: ColumnType;
  /** Whether a value may be missing. */
  isOptional: boolean;
  /** Of a timestamp. */
  perMs?: TimeUnit;
}

export type Codec = 'uncompressed' | 'snappy';

/** Where the values of a column lie for the rows of a group. */
export interface ColumnChunk {
  codec: Codec;
  offset: number;
  /** Bytes, as they lie in the file. */
  length: number;
}

/** Columns that are to be read. */
export type Names = Pick<ReadonlySet<string>, 'has'>;

export interface RowGroup {
  rows: number;
  chunks: ReadonlyMap<string, ColumnChunk>;
}

export interface Footer {
  columns: ReadonlyMap<string, Column>;
  groups: RowGroup[];
}

const MAGIC = 'PAR1';
/** Length of the footer, and magic bytes. */
const TAIL_BYTES = 8;
/** A footer has about 100 bytes for each column of each row group. */
const MAX_FOOTER_BYTES = 16 * 1024 * 1024;
/** S3's inventories have up to 21 columns. */
const MAX_COLUMNS = 200;
const CODECS = ['uncompressed', 'snappy', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const;

/** Reads the footer of a Parquet file and checks it against the file: whatever it names lies within. Throws ParquetError. */
export async function readFooter(file: RandomAccess, wanted: Names): Promise<Footer> {
  if (file.size < MAGIC.length + TAIL_BYTES) throw broken('it is shorter than any Parquet file');
  const tail = await file.readAt(file.size - TAIL_BYTES, TAIL_BYTES);
  if (tail.toString('latin1', 4) === 'PARE') throw unsupported('its footer is encrypted');
  if (tail.toString('latin1', 4) !== MAGIC) throw broken(`it does not end with ${MAGIC}`);
  const length = tail.readUInt32LE();
  if (length > file.size - MAGIC.length - TAIL_BYTES || length > MAX_FOOTER_BYTES)
    throw broken(`its footer claims ${length} bytes, of a file of ${file.size}`);
  const { struct } = readStruct(await file.readAt(file.size - TAIL_BYTES - length, length), 'footer');
  const columns = readColumns(struct.structs(2));
  const bodyEnd = file.size - TAIL_BYTES - length;
  const groups = struct.structs(4).map((group) => readGroup(group, bodyEnd, wanted));
  if (sumOf(groups.map(({ rows }) => rows)) !== struct.count(3))
    throw broken('its row groups do not have as many rows as the file');
  // Else one page could be read as often as there are groups.
  if (sumOf(groups.flatMap(({ chunks }) => [...chunks.values()].map(({ length }) => length))) > bodyEnd)
    throw broken('its columns claim more bytes than the file has');
  return { columns, groups };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** The first element of a schema is its root; columns within groups are none of an inventory, and are passed over. */
function readColumns([root, ...elements]: Struct[]): Map<string, Column> {
  if (!root || elements.length > MAX_COLUMNS) throw broken(`its schema has ${elements.length} columns`);
  const columns = new Map<string, Column>();
  for (let at = 0; at < elements.length; at++) {
    const element = elements[at] as Struct;
    const children = element.optionalCount(5) ?? 0;
    const name = element.text(4);
    const type = TYPES[element.optionalCount(1) ?? -1];
    const repetition = element.optionalCount(3) ?? 0;
    if (children > 0) at = lastOf(elements, at);
    else if (type !== undefined && repetition !== 2) columns.set(name, columnOf(element, name, type, repetition === 1));
  }
  return columns;
}

/** The last element of a group, whatever lies in it. */
function lastOf(elements: readonly Struct[], group: number): number {
  let at = group;
  for (let open = elements[group]?.optionalCount(5) ?? 0; open > 0; open--) {
    at += 1;
    const element = elements[at];
    if (!element) throw broken('its schema ends within a group');
    open += element.optionalCount(5) ?? 0;
  }
  return at;
}

function columnOf(element: Struct, name: string, type: ColumnType, isOptional: boolean): Column {
  const perMs = timeUnitOf(element);
  return { name, type, isOptional, ...(perMs === undefined ? {} : { perMs }) };
}

/** By the logical type, and by the older converted one. */
function timeUnitOf(element: Struct): TimeUnit | undefined {
  const unit = element.struct(10)?.struct(8)?.struct(2);
  if (unit?.struct(1)) return 1;
  if (unit?.struct(2)) return 1_000;
  if (unit?.struct(3)) return 1_000_000;
  const converted = element.optionalCount(6);
  return converted === 9 ? 1 : converted === 10 ? 1_000 : undefined;
}

function readGroup(group: Struct, bodyEnd: number, wanted: Names): RowGroup {
  const chunks = new Map<string, ColumnChunk>();
  for (const chunk of group.structs(1)) {
    const about = chunk.struct(3);
    if (!about) throw broken('it has a column chunk without metadata');
    const [name = '', ...deeper] = about.texts(3);
    if (deeper.length > 0 || !wanted.has(name)) continue;
    const codec = CODECS[about.count(4)];
    if (codec !== 'uncompressed' && codec !== 'snappy')
      throw unsupported(
        `its column ${name} is packed with ${codec ?? 'a codec that is not known'}; expected Snappy or none`,
      );
    // Some writers put a dictionary first and say so only here.
    const dictionary = about.optionalCount(11) ?? 0;
    const data = about.count(9);
    const offset = dictionary > 0 && dictionary < data ? dictionary : data;
    const length = about.count(7);
    if (offset < MAGIC.length || offset + length > bodyEnd)
      throw broken(`its column ${name} claims to lie where the file has no rows`);
    if (chunks.has(name)) throw broken(`a row group has its column ${name} twice`);
    chunks.set(name, { codec, offset, length });
  }
  return { rows: group.count(3), chunks };
}

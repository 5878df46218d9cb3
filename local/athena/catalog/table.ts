import { type Projection, readProjection } from './projection.js';
import type { Column, StorageDescriptor, TableInput } from './table-input.js';
import { readView } from './presto-view.js';

/** A table's column: its name in lower case, its type by Athena's name in DDL. */
export interface TableColumn {
  name: string;
  type: ColumnType;
}

/** How the bytes of a table's data files are read. */
export type FileFormat =
  | { kind: 'csv'; separator: string; quote: string; escape: string; skippedLines: number }
  | { kind: 'parquet' }
  /** DuckDB reads no ORC: a query that needs it fails. */
  | { kind: 'orc' };

export interface Table {
  kind: 'table';
  database: string;
  name: string;
  columns: readonly TableColumn[];
  /** All of text. */
  partitionKeys: readonly string[];
  /** Undefined where the table has no partitions. */
  projection: Projection | undefined;
  /** `s3://bucket/prefix/`, with a slash at its end. */
  location: string;
  /** `symlinks`: the files of a location name the data files, one a line. */
  files: 'data' | 'symlinks';
  format: FileFormat;
}

export interface View {
  kind: 'view';
  database: string;
  name: string;
  sql: string;
  /** Where names without a database are looked up. */
  schema: string;
}

export const COLUMN_TYPES = {
  string: 'VARCHAR',
  varchar: 'VARCHAR',
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
} as const;

export type ColumnType = keyof typeof COLUMN_TYPES;

/** Reads what Glue would be given, and refuses by name what the embedded Athena does not do. Throws an Error. */
export function readTable(database: string, input: TableInput): Table | View {
  const { TableType: type = 'EXTERNAL_TABLE', Parameters: parameters = {} } = input;
  const name = tableName(input.Name);
  if (type === 'VIRTUAL_VIEW') return readView(database, name, input);
  if (type !== 'EXTERNAL_TABLE')
    throw new Error(`Expected TableType EXTERNAL_TABLE or VIRTUAL_VIEW for ${name}; got ${type}.`);
  const { StorageDescriptor: storage = {} } = input;
  const location = readLocation(storage.Location, name);
  const columns = (storage.Columns ?? []).map((column) => readColumn(column, name));
  if (columns.length === 0) throw new Error(`Expected Columns in the StorageDescriptor of ${name}.`);
  const keys = (input.PartitionKeys ?? []).map((column) => readColumn(column, name));
  const names = [...columns, ...keys].map((column) => column.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) throw new Error(`Expected different names of columns in ${name}; got ${twice} twice.`);
  for (const key of keys)
    if (COLUMN_TYPES[key.type] !== 'VARCHAR')
      throw new Error(`Expected partition keys of type string in ${name}; got ${key.name} ${key.type}.`);
  return {
    kind: 'table',
    database: database.toLowerCase(),
    name,
    columns,
    partitionKeys: keys.map((key) => key.name),
    projection:
      keys.length === 0
        ? undefined
        : readProjection(
            keys.map((key) => key.name),
            parameters,
            location,
          ),
    location,
    ...readFormat(storage, parameters, name),
  };
}

function readFormat(
  storage: StorageDescriptor,
  parameters: Readonly<Record<string, string>>,
  table: string,
): Pick<Table, 'files' | 'format'> {
  const { InputFormat: input = '', SerdeInfo: { SerializationLibrary: library = '', Parameters: settings = {} } = {} } =
    storage;
  const serde = SERDES[library];
  const format = INPUT_FORMATS[input];
  if (!serde)
    throw new Error(`Expected a SerDe of ${Object.keys(SERDES).join(', ')} for ${table}; got ${library || 'none'}.`);
  if (!format || !(format.serdes as readonly string[]).includes(serde))
    throw new Error(
      `Expected an InputFormat of ${Object.keys(INPUT_FORMATS).join(', ')} that goes with ${library} for ${table}; got ${input || 'none'}.`,
    );
  if (serde !== 'csv') return { files: format.files, format: { kind: serde } };
  const one = (name: string, otherwise: string) => {
    const given = settings[name] ?? otherwise;
    if (Buffer.byteLength(given) !== 1)
      throw new Error(`Expected one byte as ${name} of ${table}; got ${JSON.stringify(given)}.`);
    return given;
  };
  const [separator, quote, escape] = [one('separatorChar', ','), one('quoteChar', '"'), one('escapeChar', '\\')];
  if (new Set([separator, quote, escape]).size < 3)
    throw new Error(`Expected three different characters as separatorChar, quoteChar and escapeChar of ${table}.`);
  const skippedLines = Number(parameters['skip.header.line.count'] ?? 0);
  return { files: format.files, format: { kind: 'csv', separator, quote, escape, skippedLines } };
}

function readColumn({ Name: name, Type: type = 'string' }: Column, table: string): TableColumn {
  const known = type.toLowerCase().replace(/^varchar\(\d+\)$/, 'varchar');
  if (!Object.hasOwn(COLUMN_TYPES, known))
    throw new Error(`Expected a type of ${Object.keys(COLUMN_TYPES).join(', ')} for ${table}.${name}; got ${type}.`);
  return { name: name.toLowerCase(), type: known as ColumnType };
}

function readLocation(location: string | undefined, table: string): string {
  if (!/^s3:\/\/[^/]+(?:\/.*)?$/.test(location ?? ''))
    throw new Error(`Expected s3://bucket/prefix/ as Location of ${table}; got ${location}.`);
  return `${(location ?? '').replace(/\/$/, '')}/`;
}

/** Glue keeps names in lower case. */
function tableName(name: string): string {
  if (!/^[^\s/\\]{1,255}$/.test(name))
    throw new Error(`Expected a name of 1 to 255 characters without spaces; got ${JSON.stringify(name)}.`);
  return name.toLowerCase();
}

const SERDES: Readonly<Record<string, FileFormat['kind']>> = {
  'org.apache.hadoop.hive.serde2.OpenCSVSerde': 'csv',
  'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe': 'parquet',
  'org.apache.hadoop.hive.ql.io.orc.OrcSerde': 'orc',
};

const INPUT_FORMATS: Readonly<Record<string, { files: Table['files']; serdes: readonly FileFormat['kind'][] }>> = {
  'org.apache.hadoop.hive.ql.io.SymlinkTextInputFormat': { files: 'symlinks', serdes: ['csv', 'parquet', 'orc'] },
  'org.apache.hadoop.mapred.TextInputFormat': { files: 'data', serdes: ['csv'] },
  'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat': { files: 'data', serdes: ['parquet'] },
  'org.apache.hadoop.hive.ql.io.orc.OrcInputFormat': { files: 'data', serdes: ['orc'] },
};

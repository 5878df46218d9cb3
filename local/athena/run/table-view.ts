import type { DuckDBConnection } from '@duckdb/node-api';
import { COLUMN_TYPES, type Table, type TableColumn } from '../catalog/table.js';
import { quotedName, quotedText } from './duckdb.js';

/** A partition with the local copies of its files. */
export interface LocalPartition {
  values: readonly string[];
  paths: readonly string[];
}

/** Makes a table's files a view of this connection alone. @param name of nobody's choice */
export async function createTableView(
  duckdb: DuckDBConnection,
  name: string,
  table: Table,
  partitions: readonly LocalPartition[],
): Promise<void> {
  const parts: string[] = [];
  for (const { values, paths } of partitions) {
    const keys = values.map(
      (value, index) => `${quotedText(value)} AS ${quotedName(table.partitionKeys[index] ?? '')}`,
    );
    if (table.format.kind === 'csv')
      parts.push(`SELECT ${[csvColumns(table), ...keys].join(', ')} FROM ${csvScan(table, paths)}`);
    else
      for (const path of paths)
        parts.push(
          `SELECT ${[await parquetColumns(duckdb, table, path), ...keys].join(', ')} FROM read_parquet(${quotedText(path)})`,
        );
  }
  await duckdb.run(
    `CREATE TEMP VIEW ${quotedName(name)} AS ${parts.length > 0 ? parts.join(' UNION ALL ') : nothing(table)}`,
  );
}

/**
 * Small buffers: each scan has some, and they count as the query's memory. An empty field is an empty text; only what a line
 * does not reach is NULL.
 */
function csvScan({ columns }: Table, paths: readonly string[]): string {
  const types = columns.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const files = paths.map(quotedText).join(', ');
  return (
    `read_csv([${files}], auto_detect = false, header = false, columns = {${types}}, delim = ',', quote = '"', escape = '"', ` +
    `null_padding = true, strict_mode = false, nullstr = '${NO_TEXT}', allow_quoted_nulls = false, new_line = '\\n', max_line_size = 2000000, buffer_size = 8000000)`
  );
}

function csvColumns({ columns }: Table): string {
  return columns.map(({ name, type }, index) => `${csvValue(`c${index}`, type)} AS ${quotedName(name)}`).join(', ');
}

/** Times are milliseconds since the epoch, as the SerDe wants them. */
function csvValue(column: string, type: TableColumn['type']): string {
  if (type === 'timestamp') return `make_timestamp(CAST(${column} AS BIGINT) * 1000)`;
  return COLUMN_TYPES[type] === 'VARCHAR' ? column : `CAST(${column} AS ${COLUMN_TYPES[type]})`;
}

/** Columns go by their names; one that the file has not is NULL. */
async function parquetColumns(duckdb: DuckDBConnection, { columns }: Table, path: string): Promise<string> {
  const described = await duckdb.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${quotedText(path)})`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name).toLowerCase(), String(type)]));
  return columns
    .map(({ name, type }) => {
      const found = types.get(name);
      const value = found === undefined ? 'NULL' : parquetValue(quotedName(name), type, found);
      return `CAST(${value} AS ${COLUMN_TYPES[type]}) AS ${quotedName(name)}`;
    })
    .join(', ');
}

function parquetValue(column: string, type: TableColumn['type'], found: string): string {
  if (!found.startsWith('TIMESTAMP')) return column;
  // A number is asked for where the file has a time: it is the number in the file.
  if (type === 'bigint') return `epoch_ms(${column})`;
  return found.endsWith('TIME ZONE') ? `${column} AT TIME ZONE 'UTC'` : column;
}

function nothing({ columns, partitionKeys }: Table): string {
  const typed = columns.map(({ name, type }) => `CAST(NULL AS ${COLUMN_TYPES[type]}) AS ${quotedName(name)}`);
  const keys = partitionKeys.map((name) => `CAST(NULL AS VARCHAR) AS ${quotedName(name)}`);
  return `SELECT ${[...typed, ...keys].join(', ')} WHERE false`;
}

/** No field is this: without it DuckDB takes an empty field for NULL. */
const NO_TEXT = '\u{10FFFE}\u{10FFFF}no text';

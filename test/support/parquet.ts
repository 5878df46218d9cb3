import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** A row of an inventory in Parquet; `null` is NULL. Times are milliseconds since the epoch. */
export interface ParquetRow {
  bucket: string;
  key: string;
  version_id?: string | null;
  is_latest?: boolean | null;
  is_delete_marker?: boolean | null;
  size?: number | null;
  last_modified_date?: number | null;
  e_tag?: string | null;
  storage_class?: string | null;
  encryption_status?: string | null;
}

const TYPES = {
  bucket: 'VARCHAR NOT NULL',
  key: 'VARCHAR NOT NULL',
  version_id: 'VARCHAR',
  is_latest: 'BOOLEAN',
  is_delete_marker: 'BOOLEAN',
  size: 'BIGINT',
  last_modified_date: 'TIMESTAMP_MS',
  e_tag: 'VARCHAR',
  storage_class: 'VARCHAR',
  encryption_status: 'VARCHAR',
} as const;
export type ParquetColumn = keyof typeof TYPES;

export const ALL_COLUMNS = Object.keys(TYPES) as ParquetColumn[];

/** How S3 names the columns in a manifest's fileSchema. */
export function fileSchemaOf(columns: readonly ParquetColumn[]): string {
  const typeOf = (column: ParquetColumn) => {
    if (column === 'size') return 'int64 size';
    if (column === 'last_modified_date') return 'int64 last_modified_date (TIMESTAMP(MILLIS,true))';
    return TYPES[column] === 'BOOLEAN' ? `boolean ${column}` : `binary ${column} (STRING)`;
  };
  const fields = columns.map(
    (column) => `${TYPES[column].endsWith('NOT NULL') ? 'required' : 'optional'} ${typeOf(column)};`,
  );
  return `message s3.inventory {  ${fields.join('  ')}}`;
}

/** A Parquet file of these rows, as DuckDB writes it. @param options of its COPY, such as `ROW_GROUP_SIZE 2048` */
export async function parquetOf(
  rows: readonly ParquetRow[],
  columns: readonly ParquetColumn[] = ALL_COLUMNS,
  options = 'COMPRESSION snappy',
): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-parquet-'));
  const duckdb = await DuckDBInstance.create(':memory:');
  const connection = await duckdb.connect();
  try {
    const definition = columns.map(
      (column) => `${column} ${column === 'last_modified_date' ? 'BIGINT' : TYPES[column]}`,
    );
    await connection.run(`CREATE TABLE inventory (${definition.join(', ')})`);
    const appender = await connection.createAppender('inventory');
    for (const row of rows) {
      for (const column of columns) {
        const value = row[column];
        if (value === undefined || value === null) appender.appendNull();
        else if (typeof value === 'boolean') appender.appendBoolean(value);
        else if (typeof value === 'number') appender.appendBigInt(BigInt(value));
        else appender.appendVarchar(value);
      }
      appender.endRow();
    }
    appender.closeSync();
    const selected = columns.map((column) =>
      column === 'last_modified_date'
        ? 'make_timestamp_ms(last_modified_date)::TIMESTAMP_MS AS last_modified_date'
        : column,
    );
    const path = join(folder, 'inventory.parquet');
    await connection.run(
      `COPY (SELECT ${selected.join(', ')} FROM inventory) TO '${path}' (FORMAT parquet, ${options})`,
    );
    return await readFile(path);
  } finally {
    connection.closeSync();
    duckdb.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

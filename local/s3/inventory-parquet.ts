import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { columnName } from '../../contracts/athena-tables.js';
import type { InventoryField, InventoryRow } from './inventory-columns.js';

/**
 * The data files of an inventory in Parquet, by DuckDB, which is loaded for the first one. Columns have S3's names, keys
 * are as they are; what a row has not is null.
 */
export async function parquetFiles(
  files: readonly (readonly InventoryRow[])[],
  schema: readonly InventoryField[],
): Promise<Buffer[]> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const folder = await mkdtemp(join(tmpdir(), 's3-backfill-inventory-'));
  const options = { threads: '1', memory_limit: '512MB', temp_directory: join(folder, 'spill') };
  const instance = await DuckDBInstance.create(':memory:', options);
  try {
    const duckdb = await instance.connect();
    const bodies: Buffer[] = [];
    for (const rows of files) bodies.push(await parquetFile(duckdb, rows, schema, join(folder, 'data.parquet')));
    duckdb.closeSync();
    return bodies;
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The fileSchema of a manifest.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function parquetSchema(schema: readonly InventoryField[]): string {
  const columns = schema.map((field) => {
    const required = field === 'Bucket' || field === 'Key' ? 'required' : 'optional';
    const { primitive, annotation } = TYPES[typeOf(field)];
    return `${required} ${primitive} ${columnName(field)}${annotation};`;
  });
  return `message s3.inventory { ${columns.join(' ')} }`;
}

async function parquetFile(
  duckdb: DuckDBConnection,
  rows: readonly InventoryRow[],
  schema: readonly InventoryField[],
  path: string,
): Promise<Buffer> {
  const columns = schema.map((field) => `${columnName(field)} ${TYPES[typeOf(field)].duckdb}`);
  await duckdb.run(`CREATE OR REPLACE TABLE inventory (${columns.join(', ')})`);
  const appender = await duckdb.createAppender('inventory');
  for (const row of rows) {
    for (const field of schema) append(appender, field, row[field]);
    appender.endRow();
  }
  appender.closeSync();
  const values = schema.map((field) => {
    const name = columnName(field);
    // Times are appended as text: DuckDB reads what S3 writes.
    return typeOf(field) === 'time' ? `CAST(CAST(${name} AS TIMESTAMP) AS TIMESTAMP_MS) AS ${name}` : name;
  });
  await duckdb.run(
    `COPY (SELECT ${values.join(', ')} FROM inventory) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`,
  );
  return readFile(path);
}

function append(appender: DuckDBAppender, field: InventoryField, value: InventoryRow[InventoryField]): void {
  // CSV has an empty field for what a row has not; here it is null. That S3 does the same is a guess.
  if (value === undefined || value === '') return appender.appendNull();
  switch (typeOf(field)) {
    case 'boolean':
      return appender.appendBoolean(value === true || value === 'true');
    case 'number':
      return appender.appendBigInt(BigInt(value));
    case 'text':
    case 'time':
      return appender.appendVarchar(String(value));
  }
}

function typeOf(field: InventoryField): keyof typeof TYPES {
  if (field === 'Size') return 'number';
  if (field.startsWith('Is')) return 'boolean';
  return field.endsWith('Date') ? 'time' : 'text';
}

const TYPES = {
  text: { duckdb: 'VARCHAR', primitive: 'binary', annotation: ' (UTF8)' },
  number: { duckdb: 'BIGINT', primitive: 'int64', annotation: '' },
  boolean: { duckdb: 'BOOLEAN', primitive: 'boolean', annotation: '' },
  time: { duckdb: 'VARCHAR', primitive: 'int64', annotation: ' (TIMESTAMP_MILLIS)' },
} as const;

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Catalog } from '../catalog/catalog.js';
import { queryRelations } from '../catalog/query-relations.js';
import type { QueryExecution } from '../query-execution.js';
import { QueryFailure } from '../query-failure.js';
import { bindParameters } from '../sql/bind-parameters.js';
import { checkQuery } from '../sql/check-query.js';
import { planTables } from '../sql/plan-tables.js';
import { writeTree } from '../sql/syntax-tree.js';
import { nameColumns, outputNamesOf } from '../sql/output-names.js';
import type { QueryAccess } from './query-access.js';
import { dataFiles, type PartitionFiles } from './data-files.js';
import type { QueryDatabase } from './duckdb.js';
import { engineFailure } from './engine-failure.js';
import type { LocalFiles } from './local-files.js';
import { readWhole, writeResult } from './result-file.js';
import { createTableView } from './table-view.js';

export interface QueryEngine {
  catalog: Catalog;
  database: QueryDatabase;
  files: LocalFiles;
  access: QueryAccess;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Runs a query to its end and puts its result where it belongs. @throws QueryFailure */
export async function runQuery(execution: QueryExecution, engine: QueryEngine): Promise<void> {
  const duckdb = await engine.database.connect();
  const { signal } = execution.stopped;
  let interrupting: NodeJS.Timeout | undefined;
  // DuckDB forgets an interruption that comes before its statement has begun.
  const interrupt = () => {
    duckdb.interrupt();
    interrupting = setInterval(() => duckdb.interrupt(), 100);
  };
  signal.addEventListener('abort', interrupt);
  const path = join(await engine.database.folder(), `${execution.id}.csv`);
  try {
    const sql = await prepare(duckdb, execution, engine);
    signal.throwIfAborted();
    const statement = await duckdb.prepare(sql);
    const names = outputNamesOf(
      Array.from({ length: statement.columnCount }, (_, index) => statement.columnName(index)),
    );
    execution.columns = await writeResult(path, await statement.stream(), names);
    signal.throwIfAborted();
    const { size } = await stat(path);
    engine.access.writeResult(execution, await readWhole(path, size));
  } catch (error) {
    throw error instanceof QueryFailure ? error : engineFailure(error as Error);
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(interrupting);
    duckdb.closeSync();
    await rm(path, { force: true });
  }
}

/** Finds the query's tables, copies their files to where DuckDB reads them, and makes its text anew. */
async function prepare(duckdb: DuckDBConnection, execution: QueryExecution, engine: QueryEngine): Promise<string> {
  const { request } = execution;
  const root = structuredClone(request.node);
  const now = engine.now();
  await bindParameters(duckdb, root, request.parameters ?? []);
  checkQuery(root, now);
  nameColumns(root);
  const { relations, tables } = await queryRelations(duckdb, root, {
    catalog: engine.catalog,
    database: request.database?.toLowerCase(),
    mayRead: (database, table) => engine.access.mayReadTable(database, table),
    now,
  });
  planTables(root, relations);
  const found = [...tables.values()].map((named) => ({
    ...named,
    partitions: dataFiles(named.table, named.demands, engine.access.source, now),
  }));
  count(
    execution,
    found.flatMap(({ partitions }) => partitions),
  );
  for (const { table, view, partitions } of found) {
    const local = [];
    for (const { values, objects } of partitions) {
      const paths = [];
      for (const object of objects) {
        execution.stopped.signal.throwIfAborted();
        paths.push(await engine.files.path(object, table.format));
      }
      if (paths.length > 0) local.push({ values, paths });
    }
    await createTableView(duckdb, view, table, local);
  }
  const reader = await duckdb.runAndReadAll('SELECT json_deserialize_sql($1::JSON)', [
    writeTree({ error: false, statements: [{ node: root, named_param_map: [] }] }),
  ]);
  return String(reader.getRows()[0]?.[0]);
}

/** Counts the bytes that are read; Athena cancels a query at its workgroup's limit. @throws QueryFailure */
function count(execution: QueryExecution, partitions: readonly PartitionFiles[]): void {
  const bytes = partitions.flatMap(({ objects }) => objects).reduce((sum, { size }) => sum + size, 0);
  const { BytesScannedCutoffPerQuery: cutoff = Infinity } = execution.request.workGroup.configuration;
  execution.scannedBytes = Math.min(bytes, cutoff);
  if (bytes > cutoff) throw new QueryFailure('Bytes scanned limit was exceeded', { state: 'CANCELLED' });
}

import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryFailure } from '../query-failure.js';
import { checkQuery } from '../sql/check-query.js';
import { parseQuery } from '../sql/parse-query.js';
import type { ValueKind } from '../sql/check-types.js';
import type { Relation, Relations } from '../sql/plan-tables.js';
import type { Predicate } from '../sql/predicates.js';
import { nodesOf, type SqlNode } from '../sql/syntax-tree.js';
import type { Catalog } from './catalog.js';
import { COLUMN_TYPES, type Table } from './table.js';

/** A table that a query names, and what each place of the query demands of it. */
export interface NamedTable {
  table: Table;
  /** By which DuckDB knows it. */
  view: string;
  demands: (readonly Predicate[])[];
}

interface RelationOptions {
  catalog: Catalog;
  /** Where names without a database are looked up. */
  database: string | undefined;
  /** Told of each table and view before it is looked up. @throws QueryFailure */
  mayRead: (database: string, table: string) => void;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Looks up what a query's FROM clauses name, views' own queries too.
 * @returns the tables, filled with demands while `planTables` goes through the query with `relations`
 */
export async function queryRelations(
  duckdb: DuckDBConnection,
  root: SqlNode,
  options: RelationOptions,
): Promise<{ relations: Relations; tables: Map<string, NamedTable> }> {
  const views = new Map<string, SqlNode>();
  await readViews(duckdb, root, options.database, options, views);
  const tables = new Map<string, NamedTable>();
  const within = (database: string | undefined, depth: number): Relations => {
    return ({ catalog, schema, table: name }): Relation => {
      const found = lookUp({ catalog, schema: schema || (database ?? ''), table: name }, options);
      const key = `${found.database}.${found.name}`;
      if (found.kind === 'view') {
        const node = views.get(key);
        if (!node || depth >= MAX_DEPTH)
          throw new QueryFailure(
            `VIEW_IS_RECURSIVE: View ${key} names itself, or lies more than ${MAX_DEPTH} views deep`,
          );
        return { kind: 'view', node: structuredClone(node), relations: within(found.schema, depth + 1) };
      }
      const named = tables.get(key) ?? { table: found, view: `table ${tables.size}`, demands: [] };
      tables.set(key, named);
      const columns = new Map([
        ...found.columns.map(({ name, type }) => [name, KINDS[COLUMN_TYPES[type]]] as const),
        ...found.partitionKeys.map((name) => [name, 'varchar'] as const),
      ]);
      return { kind: 'table', view: named.view, columns, demand: (predicates) => void named.demands.push(predicates) };
    };
  };
  return { relations: within(options.database, 0), tables };
}

/** Reads the queries of all views that are reached. */
async function readViews(
  duckdb: DuckDBConnection,
  root: SqlNode,
  database: string | undefined,
  options: RelationOptions,
  views: Map<string, SqlNode>,
): Promise<void> {
  const names = [...nodesOf(root)].filter((node) => node.type === 'BASE_TABLE');
  for (const node of names) {
    const [schema, name] = [node['schema_name'], node['table_name']].map((each) => String(each).toLowerCase()) as [
      string,
      string,
    ];
    const home = schema || (database ?? '');
    const found = options.catalog.find(home, name);
    const key = `${home}.${name}`;
    if (found?.kind !== 'view' || views.has(key)) continue;
    const parsed = await parseQuery(duckdb, found.sql);
    if (parsed.kind !== 'query' || parsed.parameters > 0)
      throw new QueryFailure(
        `INVALID_VIEW: View '${key}' is not a query: ${parsed.kind === 'malformed' ? parsed.message : 'it has parameters, or is no SELECT'}`,
      );
    checkQuery(parsed.node, options.now);
    views.set(key, parsed.node);
    await readViews(duckdb, parsed.node, found.schema, options, views);
  }
}

function lookUp(
  { catalog, schema, table }: { catalog: string; schema: string; table: string },
  { catalog: tables, mayRead }: RelationOptions,
) {
  if (catalog !== '' && catalog !== 'awsdatacatalog')
    throw new QueryFailure(`CATALOG_NOT_FOUND: line 1:1: Catalog '${catalog}' does not exist`);
  if (schema === '')
    throw new QueryFailure('MISSING_SCHEMA_NAME: line 1:1: Schema must be specified when session schema is not set');
  mayRead(schema, table);
  if (!tables.has(schema)) throw new QueryFailure(`SCHEMA_NOT_FOUND: line 1:1: Schema '${schema}' does not exist`);
  const found = tables.find(schema, table);
  if (!found)
    throw new QueryFailure(`TABLE_NOT_FOUND: line 1:1: Table 'awsdatacatalog.${schema}.${table}' does not exist`);
  return found;
}

const KINDS: Readonly<Record<(typeof COLUMN_TYPES)[keyof typeof COLUMN_TYPES], ValueKind | undefined>> = {
  VARCHAR: 'varchar',
  INTEGER: 'number',
  BIGINT: 'number',
  DOUBLE: 'number',
  BOOLEAN: undefined,
  TIMESTAMP: undefined,
};

/** Views in views. */
const MAX_DEPTH = 16;

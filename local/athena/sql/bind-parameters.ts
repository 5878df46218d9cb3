import type { DuckDBConnection } from '@duckdb/node-api';
import { QueryFailure } from '../query-failure.js';
import { parametersOf, parseQuery } from './parse-query.js';
import { become, nodesOf, type SqlNode, textConstant } from './syntax-tree.js';

/**
 * Puts the values of ExecutionParameters in the place of the `?`, as Athena does: an expression without columns is that
 * expression, whatever else is text. They enter the tree, never the text of the query.
 * Values for a query without `?` are ignored.
 * @throws QueryFailure `INVALID_PARAMETER_USAGE`
 */
export async function bindParameters(
  duckdb: DuckDBConnection,
  node: SqlNode,
  values: readonly string[],
): Promise<void> {
  const places = parametersOf(node);
  if (places.length === 0) return;
  if (places.length !== values.length)
    throw new QueryFailure(
      `INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: expected ${places.length} but found ${values.length}`,
    );
  const expressions = await Promise.all(values.map((value) => expressionOf(duckdb, value)));
  for (const [index, place] of places.entries()) become(place, expressions[index] as SqlNode);
}

/**
 * Whether every `?` stands in a WHERE clause, that of a FILTER too: Athena documents no other place.
 * Source: https://docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html
 */
export function parametersOutsideWhere(node: SqlNode): boolean {
  const inside = new Set<SqlNode>();
  for (const each of nodesOf(node))
    for (const clause of ['where_clause', 'filter', 'filter_expr'])
      for (const below of nodesOf(each[clause])) inside.add(below);
  return parametersOf(node).some((place) => !inside.has(place));
}

async function expressionOf(duckdb: DuckDBConnection, value: string): Promise<SqlNode> {
  const parsed = await parseQuery(duckdb, `SELECT (${value})`);
  if (parsed.kind !== 'query') return textConstant(value);
  const { select_list: list, from_table: from, ...rest } = parsed.node;
  const [expression, ...more] = list as SqlNode[];
  // A value that closes the bracket to go on with a query of its own is text like any other.
  const isPlain =
    expression !== undefined &&
    more.length === 0 &&
    (from as SqlNode | null)?.type === 'EMPTY' &&
    ![...nodesOf(rest)].some((each) => each.class !== undefined) &&
    ![...nodesOf(expression)].some((each) => NOT_CONSTANT.has(String(each.class)));
  return isPlain ? { ...expression, alias: '' } : textConstant(value);
}

const NOT_CONSTANT = new Set(['COLUMN_REF', 'SUBQUERY', 'PARAMETER', 'STAR', 'WINDOW', 'LAMBDA']);

import { notDone } from '../query-failure.js';
import { translateFunction } from './functions.js';
import { become, castTo, nodesOf, type SqlNode, textConstant } from './syntax-tree.js';

/**
 * Refuses by name what DuckDB would do and Athena does not, and turns what both do otherwise into what Athena means.
 * Changes the tree in its place. @param now milliseconds since the epoch
 * @throws QueryFailure
 */
export function checkQuery(root: SqlNode, now: number): void {
  // Collected first: what is put in here is ours, and is not looked at again.
  for (const node of Array.from(nodesOf(root))) {
    // Positions beyond 2^53 stand for none; nobody is told of one.
    if ('query_location' in node) node['query_location'] = 0;
    refuse(node);
    // Windows have the names of functions, and some of their own; both go by the same list.
    if (node.class === 'FUNCTION' || node.class === 'WINDOW') translate(node, now);
    else if (node.class === 'COLUMN_REF') translateTime(node, now);
    else if (node.class === 'CONSTANT' && isFraction(node)) become(node, castTo({ ...node, alias: '' }, 'DOUBLE'));
  }
}

function refuse(node: SqlNode): void {
  if (node['sample']) throw notDone('TABLESAMPLE');
  if (node['qualify']) throw notDone('QUALIFY');
  if (node['at_clause']) throw notDone('FOR TIMESTAMP or VERSION');
  if (
    node.class === 'STAR' &&
    (node['columns'] === true ||
      nonEmpty(node, 'exclude_list', 'replace_list', 'rename_list', 'qualified_exclude_list'))
  )
    throw notDone('EXCLUDE, REPLACE and COLUMNS');
  if (node.type === 'DISTINCT_MODIFIER' && nonEmpty(node, 'distinct_on_targets')) throw notDone('DISTINCT ON');
  if (node.class === 'LAMBDA') throw notDone('lambda expressions');
  if (node.type === 'TABLE_FUNCTION' && (node['function'] as SqlNode)['function_name'] !== 'unnest')
    throw notDone(`the table function ${String((node['function'] as SqlNode)['function_name'])}`);
  if (node['aggregate_handling'] === 'FORCE_AGGREGATES') throw notDone('GROUP BY ALL');
}

function translate(node: SqlNode, now: number): void {
  if (node['function_name'] === 'now' || node['function_name'] === 'get_current_timestamp')
    return become(node, moment(node, now));
  translateFunction(node);
}

/** The time is the engine's, not the machine's. */
function translateTime(node: SqlNode, now: number): void {
  const names = node['column_names'] as string[];
  if (names.length !== 1) return;
  if (names[0] === 'current_timestamp') become(node, moment(node, now));
  else if (names[0] === 'current_date')
    become(node, { ...castTo(textConstant(new Date(now).toISOString().slice(0, 10)), 'DATE'), alias: node['alias'] });
}

const moment = (node: SqlNode, now: number) => ({
  ...castTo(textConstant(new Date(now).toISOString()), 'TIMESTAMP WITH TIME ZONE'),
  alias: node['alias'],
});

/** Athena's numbers with a point are doubles; DuckDB's are decimals, also those that it was given as doubles and writes down. */
function isFraction(node: SqlNode): boolean {
  const { type } = node['value'] as { type?: { id?: unknown } };
  return type?.id === 'DECIMAL' || type?.id === 'DOUBLE';
}

const nonEmpty = (node: SqlNode, ...names: string[]) =>
  names.some((name) => Array.isArray(node[name]) && (node[name] as unknown[]).length > 0);

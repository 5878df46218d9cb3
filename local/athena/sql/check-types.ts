import { QueryFailure } from '../query-failure.js';
import type { SqlNode } from './syntax-tree.js';

/** As far as comparing goes. */
export type ValueKind = 'varchar' | 'number';

/** The kind of a column that an expression names; undefined where it is not certain, or another kind. */
export type KindOfColumn = (names: readonly string[]) => ValueKind | undefined;

/**
 * Refuses what DuckDB would cast without being asked and Athena does not: text beside a number. What is not certain passes.
 * @param tree expressions of one SELECT; subqueries in them are looked at by themselves
 * @throws QueryFailure `TYPE_MISMATCH`
 */
export function checkTypes(tree: unknown, kindOf: KindOfColumn): void {
  if (typeof tree !== 'object' || tree === null) return;
  const node = tree as SqlNode;
  if (node.class === 'SUBQUERY') return checkTypes(node['child'], kindOf);
  for (const [operator, left, right] of pairs(node)) {
    const kinds = [kind(left, kindOf), kind(right, kindOf)];
    if (kinds.includes('varchar') && kinds.includes('number'))
      throw new QueryFailure(`TYPE_MISMATCH: line 1:1: Cannot apply operator: ${kinds[0]} ${operator} ${kinds[1]}`);
  }
  for (const value of numbersOf(node))
    if (kind(value, kindOf) === 'varchar')
      throw new QueryFailure(
        `TYPE_MISMATCH: line 1:1: Unexpected parameters (varchar) for ${String(node['function_name'])}`,
      );
  for (const member of Object.values(node)) checkTypes(member, kindOf);
}

/** The values that a node compares with each other. */
function pairs(node: SqlNode): [operator: string, left: SqlNode, right: SqlNode][] {
  if (node.class === 'COMPARISON')
    return [[COMPARISONS[String(node.type)] ?? '=', node['left'] as SqlNode, node['right'] as SqlNode]];
  if (node.class === 'BETWEEN')
    return ['lower', 'upper'].map((end) => ['BETWEEN', node['input'] as SqlNode, node[end] as SqlNode]);
  if (node.type !== 'COMPARE_IN' && node.type !== 'COMPARE_NOT_IN') return [];
  const [value, ...items] = node['children'] as SqlNode[];
  return value ? items.map((item) => ['IN', value, item]) : [];
}

/** The values that a node takes as numbers. */
function numbersOf(node: SqlNode): SqlNode[] {
  const name = String(node['function_name']);
  const counts = node.class === 'FUNCTION' && (ARITHMETIC.has(name) || name === 'sum' || name === 'avg');
  return counts ? (node['children'] as SqlNode[]) : [];
}

function kind(node: SqlNode, kindOf: KindOfColumn): ValueKind | undefined {
  switch (node.class) {
    case 'COLUMN_REF':
      return kindOf((node['column_names'] as string[]).map((name) => name.toLowerCase()));
    case 'CONSTANT':
      return KINDS[(node['value'] as { type: { id: string } }).type.id];
    case 'CAST':
      return KINDS[(node['cast_type'] as { id: string }).id];
    case 'FUNCTION':
      if (TEXTS.has(String(node['function_name']))) return 'varchar';
      return NUMBERS.has(String(node['function_name'])) ? 'number' : undefined;
    case undefined:
    default:
      return undefined;
  }
}

const KINDS: Readonly<Record<string, ValueKind>> = {
  VARCHAR: 'varchar',
  ...Object.fromEntries(
    ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'FLOAT', 'DOUBLE', 'DECIMAL'].map((id) => [
      id,
      'number' as const,
    ]),
  ),
};

const ARITHMETIC = new Set(['+', '-', '*', '/', '%']);

/** Functions by DuckDB's name, or our macro's, that give text. */
const TEXTS = new Set(
  'lower upper trim ltrim rtrim substr substring replace || athena_url_decode athena_url_encode athena_split_part athena_json_extract_scalar athena_regexp_extract athena_regexp_replace'.split(
    ' ',
  ),
);

/** And those that give numbers. */
const NUMBERS = new Set('length strpos count count_star count_if athena_cardinality date_sub'.split(' '));

const COMPARISONS: Readonly<Record<string, string>> = {
  COMPARE_EQUAL: '=',
  COMPARE_NOTEQUAL: '<>',
  COMPARE_GREATERTHAN: '>',
  COMPARE_GREATERTHANOREQUALTO: '>=',
  COMPARE_LESSTHAN: '<',
  COMPARE_LESSTHANOREQUALTO: '<=',
};

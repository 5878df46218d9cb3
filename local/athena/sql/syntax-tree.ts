import { randomBytes } from 'node:crypto';

/** A node of DuckDB's tree of a query, as `json_serialize_sql` writes it. */
export interface SqlNode {
  class?: string;
  type?: unknown;
  [member: string]: unknown;
}

/** What `json_serialize_sql` answers. */
export type SqlOutcome =
  | { error: false; statements: { node: SqlNode }[] }
  /** `position` in bytes, where there is one. */
  | { error: true; error_message: string; position?: string };

/**
 * Reads a tree. Integers beyond 2^53, and numbers with a point, are kept as marked text, which `writeTree` turns
 * back: JavaScript would write them otherwise, and DuckDB takes `1` for no double.
 */
export function readTree(json: string): SqlOutcome {
  return JSON.parse(
    json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
      token.startsWith('"') || /^-?\d{1,15}$/.test(token) ? token : `"${BIG}${token}"`,
    ),
  ) as SqlOutcome;
}

/** The tree as `json_deserialize_sql` reads it. */
export function writeTree(tree: unknown): string {
  return JSON.stringify(tree).replaceAll(new RegExp(`"${BIG}([^"]+)"`, 'g'), '$1');
}

/** Every node below one, itself first. A union of thousands is a tree as deep. */
export function* nodesOf(value: unknown): Generator<SqlNode> {
  const ahead = [value];
  while (ahead.length > 0) {
    const next = ahead.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) yield next as SqlNode;
    for (const member of Object.values(next).toReversed()) ahead.push(member);
  }
}

/** Makes one node into another in its place, so that whoever holds the tree sees it. */
export function become(node: SqlNode, other: SqlNode): void {
  for (const name of Object.keys(node)) delete node[name];
  Object.assign(node, other);
}

export function textConstant(value: string): SqlNode {
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', query_location: 0, value: textValue(value) };
}

export function castTo(child: SqlNode, type: string): SqlNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    query_location: 0,
    child,
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}

/** The text of a constant, or of one that is cast to text; undefined for everything else. */
export function constantText(node: SqlNode): string | undefined {
  if (node.class === 'CAST' && (node['cast_type'] as SqlNode)['id'] === 'VARCHAR')
    return constantText(node['child'] as SqlNode);
  if (node.class !== 'CONSTANT') return undefined;
  const value = node['value'] as { is_null?: unknown; value?: unknown; type?: { id?: unknown } };
  return value.is_null === false && value.type?.id === 'VARCHAR' && typeof value.value === 'string'
    ? value.value
    : undefined;
}

const textValue = (value: string) => ({ type: { id: 'VARCHAR', type_info: null }, is_null: false, value });

/** Nobody can write it into a query: it is another one in each process. */
const BIG = `${randomBytes(12).toString('hex')}:`;

import type { SqlNode } from './syntax-tree.js';

/** Marks the columns of a query's output that have no name: Athena calls them `_col0`, `_col1` by where they stand. */
export function nameColumns(node: SqlNode): void {
  if (node.type === 'SET_OPERATION_NODE') return nameColumns(node['left'] as SqlNode);
  for (const item of (node['select_list'] ?? []) as SqlNode[])
    if (item['alias'] === '' && item.class !== 'COLUMN_REF' && item.class !== 'STAR') item['alias'] = UNNAMED;
}

/** The names of the output as Athena gives them, from DuckDB's: in lower case. */
export function outputNamesOf(names: readonly string[]): string[] {
  return names.map((name, index) => (name === UNNAMED ? `_col${index}` : name.toLowerCase()));
}

const UNNAMED = '\u{10FFFE}unnamed';

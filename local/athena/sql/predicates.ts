import { constantText, type SqlNode } from './syntax-tree.js';

/** What a query demands of a column of text: rows that do not meet it are not in its result, also where they are NULL. */
export interface Predicate {
  /** By which table, alias or view the query names the column; lower case. */
  qualifier?: string;
  /** Lower case. */
  column: string;
  /** The only values that meet it, where it is an equality. */
  values?: readonly string[];
  /** The ends of what can meet it, where it is a comparison: none is before the one, none behind the other. */
  least?: string;
  most?: string;
  meets(value: string): boolean;
}

/** The demands of a condition whose parts are joined by AND; whatever it says otherwise demands nothing here. */
export function predicatesOf(condition: SqlNode | null | undefined): Predicate[] {
  if (!condition) return [];
  if (condition.type === 'CONJUNCTION_AND') return (condition['children'] as SqlNode[]).flatMap(predicatesOf);
  const predicate = predicateOf(condition);
  return predicate ? [predicate] : [];
}

function predicateOf(node: SqlNode): Predicate | undefined {
  if (node.class === 'COMPARISON') return comparison(node);
  if (node.class === 'BETWEEN') {
    const [low, high] = [constantText(node['lower'] as SqlNode), constantText(node['upper'] as SqlNode)];
    if (low === undefined || high === undefined) return undefined;
    return of(node['input'] as SqlNode, {
      least: low,
      most: high,
      meets: (value) => byBytes(value, low) >= 0 && byBytes(value, high) <= 0,
    });
  }
  if (node.type === 'COMPARE_IN') {
    const [column, ...items] = node['children'] as SqlNode[];
    const values = items.map(constantText);
    return column && values.every((value) => value !== undefined) ? of(column, oneOf(values)) : undefined;
  }
  if (node.type === 'CONJUNCTION_OR') {
    const [first, ...others] = (node['children'] as SqlNode[]).map(predicateOf);
    const all = [first, ...others];
    if (!all.every((each) => each?.values !== undefined && each.column === first?.column)) return undefined;
    if (!first || all.some((each) => each?.qualifier !== first.qualifier)) return undefined;
    return { ...first, ...oneOf(all.flatMap((each) => each?.values ?? [])) };
  }
  return undefined;
}

function comparison(node: SqlNode): Predicate | undefined {
  const [left, right] = [node['left'] as SqlNode, node['right'] as SqlNode];
  const [column, constant, flipped] =
    left.class === 'COLUMN_REF' ? [left, constantText(right), false] : [right, constantText(left), true];
  if (constant === undefined) return undefined;
  const [least, most] = [{ least: constant }, { most: constant }];
  const [from, to] = flipped ? [most, least] : [least, most];
  switch (node.type) {
    case 'COMPARE_EQUAL':
      return of(column, oneOf([constant]));
    case 'COMPARE_GREATERTHAN':
      return of(column, { ...from, meets: (value) => order(value) > 0 });
    case 'COMPARE_GREATERTHANOREQUALTO':
      return of(column, { ...from, meets: (value) => order(value) >= 0 });
    case 'COMPARE_LESSTHAN':
      return of(column, { ...to, meets: (value) => order(value) < 0 });
    case 'COMPARE_LESSTHANOREQUALTO':
      return of(column, { ...to, meets: (value) => order(value) <= 0 });
    default:
      return undefined;
  }

  function order(value: string): number {
    const sign = byBytes(value, constant ?? '');
    return flipped ? -sign : sign;
  }
}

function of(column: SqlNode, demand: Pick<Predicate, 'values' | 'least' | 'most' | 'meets'>): Predicate | undefined {
  if (column.class !== 'COLUMN_REF') return undefined;
  const names = (column['column_names'] as string[]).map((name) => name.toLowerCase());
  const [name, qualifier] = [names.at(-1) ?? '', names.at(-2)];
  return { column: name, ...(qualifier !== undefined && { qualifier }), ...demand };
}

function oneOf(values: readonly string[]): Required<Pick<Predicate, 'values' | 'meets'>> {
  const wanted = new Set(values);
  return { values: [...wanted], meets: (value) => wanted.has(value) };
}

/** Athena compares text by the bytes of its UTF-8. */
const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));

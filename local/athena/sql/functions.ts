import { notDone, QueryFailure } from '../query-failure.js';
import type { SqlNode } from './syntax-tree.js';

/**
 * Lets a query call what Athena has, by DuckDB's name for it, and nothing else: DuckDB has hundreds of functions of its own,
 * and some of them read files or settings. Changes the node in its place.
 * @throws QueryFailure `FUNCTION_NOT_FOUND`
 */
export function translateFunction(node: SqlNode): void {
  const name = String(node['function_name']).toLowerCase();
  if (node['is_operator'] === true) {
    if (!OPERATORS.has(name)) throw notDone(`the operator ${name}`);
    return;
  }
  const schema = node['schema'] as string | undefined;
  if (schema && schema !== 'main') throw notDone(`functions of a schema (${schema}.${name})`);
  if (name === 'concat') return chain(node);
  const target = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (target === undefined)
    throw new QueryFailure(`FUNCTION_NOT_FOUND: Function '${name}' not registered in the embedded Athena`);
  if (target !== name) node['schema'] = '';
  node['function_name'] = target;
}

/** `concat` of Athena is NULL where one of its arguments is; DuckDB's leaves it out. `||` is as Athena's. */
function chain(node: SqlNode): void {
  const [first, ...rest] = (node['children'] ?? []) as SqlNode[];
  if (!first || rest.length === 0)
    throw new QueryFailure('FUNCTION_NOT_FOUND: There must be two or more concatenation arguments');
  let joined = first;
  for (const next of rest)
    joined = { ...node, alias: '', function_name: '||', is_operator: true, children: [joined, next] };
  Object.assign(node, joined, { alias: node['alias'] });
}

/** Athena's functions that DuckDB has otherwise, as macros; their names are nobody's in Athena. */
export const MACROS: readonly string[] = [
  // Java's URLEncoder: a space is `+`, `*` stays, `~` does not.
  `athena_url_encode(s) AS replace(replace(replace(url_encode(s), '%20', '+'), '%2A', '*'), '~', '%7E')`,
  // Java's URLDecoder: a `%` without two hex digits is an error. (That of bytes that are no text; DuckDB's `error` goes with no TRY.)
  `athena_url_decode(s) AS CASE WHEN contains(s, '%') AND contains(regexp_replace(s, '%[0-9A-Fa-f]{2}', '', 'g'), '%')
     THEN url_decode(s || '%FF') ELSE url_decode(replace(s, '+', ' ')) END`,
  `athena_json_extract_scalar(s, p) AS CASE WHEN json_valid(s) THEN
     CASE WHEN json_type(s, p) NOT IN ('OBJECT', 'ARRAY', 'NULL') THEN json_extract_string(s, p) END END`,
  `athena_split_part(s, d, n) AS CASE WHEN n <= len(string_split(s, d)) THEN split_part(s, d, n) END`,
  `athena_regexp_extract(s, p) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p) END,
     (s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END`,
  `athena_regexp_replace(s, p) AS regexp_replace(s, p, '', 'g'),
     (s, p, r) AS regexp_replace(s, p, regexp_replace(r, '\\$(\\d)', '\\\\\\1', 'g'), 'g')`,
  `athena_from_iso8601_timestamp(s) AS CAST(s AS TIMESTAMPTZ)`,
  `athena_to_unixtime(t) AS epoch(t)`,
  `athena_contains(a, x) AS list_contains(a, x)`,
  `athena_cardinality(a) AS len(a)`,
  ...['greatest', 'least'].map(nullOfAny),
  `athena_array_join(a, d) AS array_to_string(a, d)`,
];

/** NULL where one of two or three arguments is; DuckDB's leaves it out. */
function nullOfAny(name: string): string {
  return `athena_${name}(a, b) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN ${name}(a, b) END,
     (a, b, c) AS CASE WHEN a IS NOT NULL AND b IS NOT NULL AND c IS NOT NULL THEN ${name}(a, b, c) END`;
}

/** Trino's name → DuckDB's, or our macro's. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  ...same(
    'abs ceil ceiling floor round sign sqrt power mod ln log10 exp nullif coalesce',
    'length lower upper trim ltrim rtrim lpad rpad replace reverse substr substring strpos starts_with translate chr',
    'count count_star count_if sum avg min max min_by max_by array_agg bool_and bool_or stddev variance',
    'row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value',
    'date_trunc year month day hour minute second date_part',
    'try_cast row',
  ),
  // How DuckDB's parser spells expressions that have no name of their own.
  ...same('to_days to_hours to_minutes to_seconds to_months to_years trunc', 'like_escape not_like_escape unnest'),
  approx_distinct: 'approx_count_distinct',
  arbitrary: 'any_value',
  any_value: 'any_value',
  array_join: 'athena_array_join',
  cardinality: 'athena_cardinality',
  contains: 'athena_contains',
  date_diff: 'date_sub',
  every: 'bool_and',
  from_iso8601_timestamp: 'athena_from_iso8601_timestamp',
  from_unixtime: 'to_timestamp',
  greatest: 'athena_greatest',
  json_extract_scalar: 'athena_json_extract_scalar',
  least: 'athena_least',
  pow: 'power',
  position: 'strpos',
  regexp_extract: 'athena_regexp_extract',
  regexp_like: 'regexp_matches',
  regexp_replace: 'athena_regexp_replace',
  split: 'string_split',
  split_part: 'athena_split_part',
  to_unixtime: 'athena_to_unixtime',
  url_decode: 'athena_url_decode',
  url_encode: 'athena_url_encode',
};

const OPERATORS = new Set(['+', '-', '*', '/', '%', '||', '~~', '!~~']);

function same(...lists: string[]): Record<string, string> {
  return Object.fromEntries(lists.flatMap((list) => list.split(' ')).map((name) => [name, name]));
}

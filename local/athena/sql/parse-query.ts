import type { DuckDBConnection } from '@duckdb/node-api';
import { nodesOf, readTree, type SqlNode, type SqlOutcome } from './syntax-tree.js';

export type ParsedQuery =
  | { kind: 'query'; node: SqlNode; parameters: number }
  /** Athena answers it to StartQueryExecution. */
  | { kind: 'malformed'; message: string }
  /** What it is that the embedded Athena does not do. */
  | { kind: 'notDone'; what: string };

/** Reads one SELECT, by DuckDB's own parser: what is no SELECT, or more than one statement, goes no further. */
export async function parseQuery(duckdb: DuckDBConnection, text: string): Promise<ParsedQuery> {
  const keyword = /^[(\s]*([a-z]+)/i.exec(withoutComments(text))?.[1]?.toUpperCase() ?? '';
  if (STATEMENTS.has(keyword)) return { kind: 'notDone', what: `${keyword} statements; it does SELECT and WITH` };
  if (!QUERIES.has(keyword)) return { kind: 'malformed', message: 'Queries of this type are not supported' };
  const reader = await duckdb.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [text]);
  const json = String(reader.getRows()[0]?.[0]);
  const outcome = readTree(json);
  if (outcome.error) return { kind: 'malformed', message: complaint(text, outcome) };
  const [statement, ...more] = outcome.statements;
  if (!statement || more.length > 0) return { kind: 'malformed', message: 'Only one sql statement is allowed' };
  return { kind: 'query', node: statement.node, parameters: parametersOf(statement.node).length };
}

/** The `?` of a query, in the order in which they stand. */
export function parametersOf(node: SqlNode): SqlNode[] {
  return [...nodesOf(node)]
    .filter((each) => each.class === 'PARAMETER')
    .sort((one, other) => Number(one['identifier']) - Number(other['identifier']));
}

function complaint(text: string, { error_message, position = '0' }: Extract<SqlOutcome, { error: true }>): string {
  const before = Buffer.from(text).subarray(0, Number(position)).toString().split('\n');
  const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
  return `line ${line}:${column}: ${error_message}`;
}

function withoutComments(text: string): string {
  return text.replace(/^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '');
}

const QUERIES = new Set(['SELECT', 'WITH', 'VALUES']);

/** What Athena runs, and the embedded one refuses by name. */
const STATEMENTS = new Set(
  'ALTER CREATE DEALLOCATE DELETE DESC DESCRIBE DROP EXECUTE EXPLAIN INSERT MERGE MSCK OPTIMIZE PREPARE SHOW TABLE UNLOAD UPDATE USE VACUUM'.split(
    ' ',
  ),
);

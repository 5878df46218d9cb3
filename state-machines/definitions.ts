import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { substitute, type Json } from './substitute.js';

/** The state machines of a pair. */
export type Definitions = Record<'backfill' | 'reconcile', Json>;

/**
 * The definitions of a pair's state machines, with `values` and the texts of a reconciliation's queries in them. Throws as
 * `substitute` does, over both: each placeholder has a value, and each value a placeholder in one of them.
 * @param root where `state-machines/` and `queries/` lie
 */
export function readDefinitions(root: string, values: Readonly<Record<string, string>>): Definitions {
  const read = (machine: string) =>
    JSON.parse(readFileSync(join(root, `state-machines/${machine}.asl.json`), 'utf8')) as Json;
  const definitions: Definitions = { backfill: read('backfill'), reconcile: read('reconcile') };
  const queries = { CountSql: readQuery(root, 'count'), DifferenceSql: readQuery(root, 'difference') };
  return substitute(definitions, { ...values, ...queries }) as Definitions;
}

/** The text of a query of a reconciliation: what compares the inventories, and what is asked of that. */
export function readQuery(root: string, name: 'count' | 'difference'): string {
  const read = (part: string) => readFileSync(join(root, `queries/reconcile/${part}.sql`), 'utf8');
  return read('compared') + read(name);
}

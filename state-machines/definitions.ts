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
  const definitions: Definitions = {
    backfill: readMachine(root, 'backfill'),
    reconcile: readMachine(root, 'reconcile'),
  };
  const queries = { CountSql: readQuery(root, 'count'), DifferenceSql: readQuery(root, 'difference') };
  return substitute(definitions, { ...values, ...queries }) as Definitions;
}

/** The definition of a backfill alone, with `values` in it: a restore has no reconciliation. Throws as `substitute` does. */
export function readBackfill(root: string, values: Readonly<Record<string, string>>): Json {
  return substitute(readMachine(root, 'backfill'), values);
}

/** The handlers that the states of a backfill invoke: `copy-chunk` where the definition says `${CopyChunkFunction}`. */
export function handlersOfBackfill(root: string): string[] {
  const names = JSON.stringify(readMachine(root, 'backfill')).matchAll(/\$\{(\w+)Function\}/g);
  const handlers = Array.from(names, ([, name = '']) => name.replaceAll(/(?<!^)(?=[A-Z])/g, '-').toLowerCase());
  return [...new Set(handlers)].sort();
}

function readMachine(root: string, machine: keyof Definitions): Json {
  return JSON.parse(readFileSync(join(root, `state-machines/${machine}.asl.json`), 'utf8')) as Json;
}

/** The text of a query of a reconciliation: what compares the inventories, and what is asked of that. */
export function readQuery(root: string, name: 'count' | 'difference'): string {
  const read = (part: string) => readFileSync(join(root, `queries/reconcile/${part}.sql`), 'utf8');
  return read('compared') + read(name);
}

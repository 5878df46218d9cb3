import type { PairBounds } from '../../contracts/pair.js';
import type { FoundInventories } from '../../contracts/reconciliation.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { MAX_OBJECT_BYTES } from '../inventory/schema.js';
import type { DeliveredInventory } from '../prepare/manifest/read-inventory.js';

/**
 * ExecutionParameters of the queries in queries/reconcile, in the order of their question marks. Each is a literal of SQL:
 * Athena puts it in the place of its question mark.
 * @param judgedBefore milliseconds since the epoch
 */
export function queryParameters(
  request: RunRequest,
  bounds: PairBounds,
  source: DeliveredInventory,
  destination: DeliveredInventory,
  judgedBefore: number,
): NonNullable<FoundInventories['parameters']> {
  const { prefix = '' } = request.source;
  const prefixOfPair = bounds.source.prefix ?? '';
  const { minSize = 0, maxSize = MAX_OBJECT_BYTES, modifiedAfter, modifiedBefore } = request;
  return {
    common: [
      text(deliveryOf(source)),
      text(prefix),
      text(deliveryOf(destination)),
      text(request.destination.prefix ?? prefix),
      String(minSize),
      String(maxSize),
      text(modifiedAfter === undefined ? '' : nextSecond(modifiedAfter)),
      text(modifiedBefore === undefined ? '9999' : nextSecond(modifiedBefore)),
      text(prefixOfPair),
      text(request.include ? anyGlob(request.include) : ''),
      text(prefixOfPair),
      text(exclusion(request)),
      text(request.storageClasses ? anyClass(request.storageClasses) : ''),
    ],
    judgedBefore: text(secondOf(judgedBefore)),
  };
}

/** A delivery's partition: `2026-01-31T01-00Z/` lies beside `hive/dt=2026-01-31-01-00/`. */
function deliveryOf({ key }: DeliveredInventory): string {
  const folder = key.split('/').at(-2) ?? '';
  return folder.replace('T', '-').replace(/Z$/, '');
}

/** Nothing follows the end of a text. */
const NEVER = String.raw`\z.`;

/** What a request excludes, and the key of which no key would be left at the destination. */
function exclusion({ source, destination, exclude = [] }: RunRequest): string {
  const homeless = source.prefix && destination.prefix === '' ? [literal(source.prefix)] : [];
  const patterns = [...exclude.map(globPattern), ...homeless];
  return patterns.length > 0 ? anyOf(patterns) : NEVER;
}

/** The globs of a request as one pattern that Athena's Joni and DuckDB's RE2 read alike. */
function anyGlob(globs: readonly string[]): string {
  return anyOf(globs.map(globPattern));
}

function anyOf(patterns: readonly string[]): string {
  return String.raw`(?s)\A(?:${patterns.join('|')})\z`;
}

function globPattern(glob: string): string {
  return Array.from(glob, (character) => {
    if (character === '*') return '.*';
    if (character === '?') return '.';
    return literal(character);
  }).join('');
}

function literal(of: string): string {
  return of.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

/** An inventory may leave the class of STANDARD objects out. */
function anyClass(classes: readonly string[]): string {
  const named = classes.includes('STANDARD') ? [...classes, ''] : classes;
  return String.raw`\A(?:${named.join('|')})\z`;
}

/** Of times in an inventory, which are whole seconds, those from a time on begin with the first second that is not before it. */
function nextSecond(moment: string): string {
  return secondOf(Math.ceil(Date.parse(moment) / 1000) * 1000);
}

function secondOf(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}

/** Whether Athena takes them: it refuses a parameter of more than 1,024 characters. Source: Athena API, StartQueryExecution. */
export function areTooLong({ common }: NonNullable<FoundInventories['parameters']>): boolean {
  return common.some((parameter) => parameter.length > 1024);
}

/** A string literal; nothing in it ends it but a quote, which is doubled. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

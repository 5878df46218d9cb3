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
      text(modifiedAfter === undefined ? '' : secondOf(Date.parse(modifiedAfter))),
      text(modifiedBefore === undefined ? '9999' : secondOf(Date.parse(modifiedBefore))),
      text(prefixOfPair),
      text(request.include ? anyGlob(request.include) : ''),
      text(prefixOfPair),
      text(request.exclude && request.exclude.length > 0 ? anyGlob(request.exclude) : NEVER),
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

/** The globs of a request as one pattern of RE2, which Athena and DuckDB read alike. */
function anyGlob(globs: readonly string[]): string {
  return String.raw`(?s)\A(?:${globs.map(globPattern).join('|')})\z`;
}

function globPattern(glob: string): string {
  return Array.from(glob, (character) => {
    if (character === '*') return '.*';
    if (character === '?') return '.';
    return /[\\.+()|[\]{}^$]/.test(character) ? `\\${character}` : character;
  }).join('');
}

/** An inventory may leave the class of STANDARD objects out. */
function anyClass(classes: readonly string[]): string {
  const named = classes.includes('STANDARD') ? [...classes, ''] : classes;
  return String.raw`\A(?:${named.join('|')})\z`;
}

function secondOf(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19);
}

/** A string literal; nothing in it ends it but a quote, which is doubled. */
function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

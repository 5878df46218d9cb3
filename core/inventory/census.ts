import type { OutOfScope } from '../../contracts/tally.js';

/** How many rows a file has, and how many of them are out of scope. Counted while they are read. */
export interface Census {
  rows: number;
  outOfScope: OutOfScope;
}

export function newCensus(): Census {
  return { rows: 0, outOfScope: noneOutOfScope() };
}

export function noneOutOfScope(): OutOfScope {
  return { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
}

/** Adds `more` to `sum`, in place. */
export function addOutOfScope(sum: OutOfScope, more: OutOfScope): void {
  for (const reason of ['deleteMarkers', 'noncurrent', 'filtered', 'duplicates'] as const) sum[reason] += more[reason];
}

/** How many rows are out of scope. */
export function rowsOutOfScope({ deleteMarkers, noncurrent, filtered, duplicates }: OutOfScope): number {
  return deleteMarkers + noncurrent + filtered + duplicates;
}

import type { OutOfScope } from '../../contracts/tally.js';

/** How many rows a file has, and how many of them are out of scope. Counted while they are read. */
export interface Census {
  rows: number;
  outOfScope: OutOfScope;
}

export function newCensus(): Census {
  return { rows: 0, outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0 } };
}

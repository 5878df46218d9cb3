import type { Run } from '../../contracts/run.js';
import type { Pace } from '../copy/pace.js';
import { destinationKey } from '../keys.js';
import type { BucketPair } from '../ports.js';
import { walkBeside, type Beside } from './walk.js';

/** Walks sorted rows beside the destination's listing, each row under its destination key. */
export function besideDestination<R>(
  run: Run,
  pair: BucketPair,
  pace: Pace,
  rows: Iterable<R>,
  sourceKeyOf: (row: R) => string,
): AsyncGenerator<Beside<R>> {
  const { source, destination } = run.request;
  const prefix = destination.prefix ?? source.prefix ?? '';
  return walkBeside(
    rows,
    (row) => destinationKey(sourceKeyOf(row), run.request),
    (after) => pace.patiently(() => pair.listDestination(prefix, after)),
  );
}

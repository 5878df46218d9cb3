import type { Run } from '../../contracts/run.js';
import type { Pace } from '../copy/pace.js';
import { destinationKey } from '../keys.js';
import type { BucketPair, VersionState } from '../ports.js';
import { walkVersionsBeside } from './walk-versions.js';
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

/** Walks sorted keys beside the destination's versions: all of each, the oldest first. */
export function besideVersions<R>(
  run: Run,
  pair: BucketPair,
  pace: Pace,
  items: Iterable<R>,
  sourceKeyOf: (item: R) => string,
): AsyncGenerator<{ item: R; versions: VersionState[] }> {
  const { source, destination } = run.request;
  const prefix = destination.prefix ?? source.prefix ?? '';
  return walkVersionsBeside(
    items,
    (item) => destinationKey(sourceKeyOf(item), run.request),
    (after) => pace.patiently(() => pair.listDestinationVersions(prefix, after)),
  );
}

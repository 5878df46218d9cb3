import type { Run } from '../../contracts/run.js';
import type { Pace } from '../copy/pace.js';
import { destinationKey } from '../keys.js';
import { inParallel } from '../parallel.js';
import type { BucketPair, ObjectHead, ObjectState, VersionState } from '../ports.js';
import { walkVersionsBeside } from './walk-versions.js';
import { walkBeside, type Beside } from './walk.js';

/** HEADs in flight at once. */
const HEADS_IN_FLIGHT = 16;

/** Walks sorted rows beside the destination, each row under its destination key: batches as of `walkBeside`. */
export function besideDestination<R>(
  run: Pick<Run, 'request'>,
  pair: BucketPair,
  pace: Pace,
  rows: Iterable<R>,
  sourceKeyOf: (row: R) => string,
): AsyncGenerator<Beside<R, ObjectState | ObjectHead>[]> {
  const { source, destination } = run.request;
  const prefix = destination.prefix ?? source.prefix ?? '';
  return walkBeside<R, ObjectState | ObjectHead>(rows, (row) => destinationKey(sourceKeyOf(row), run.request), {
    list: (after) => pace.patiently(() => pair.listDestination(prefix, after)),
    head: async (keys) => {
      const states: (ObjectHead | undefined)[] = [];
      await inParallel(keys.entries(), HEADS_IN_FLIGHT, async ([index, key]) => {
        states[index] = await pace.patiently(() => pair.headDestination(key));
      });
      return states;
    },
  });
}

/** Walks sorted keys beside the destination's versions: all of each, the oldest first. */
export function besideVersions<R>(
  run: Pick<Run, 'request'>,
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

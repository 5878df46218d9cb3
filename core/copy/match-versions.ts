import type { VersionState } from '../ports.js';

/** How two versions compare that are at the same place in their sequences. */
export type Match = 'same' | 'other' | 'unproved';

export type Sequence<V> =
  /** The destination has the first `matched` versions of the source, in order, and nothing else. */
  | { kind: 'beginning'; matched: number }
  /** It has all of them, in order, as its newest ones: what lies below them the source has no more. `from`: the first of them. */
  | { kind: 'end'; from: number }
  /** It has something else; `version` is the first source version that is not where it should be, if there is one. */
  | { kind: 'diverges'; version: V | undefined; by: Exclude<Match, 'same'> };

/**
 * Compares the sequence of a key's versions at the source with that at the destination, both the oldest first. Nothing may
 * be put on top of a destination that is not a beginning of the source's: an old version would be the current one.
 *
 * | destination | then |
 * |---|---|
 * | a beginning of the source's, also nothing, also all of it | the rest is copied on top |
 * | ends with all of the source's | nothing is to be done |
 * | anything else | `VersionsDiverge` |
 */
export async function matchVersions<V>(
  source: readonly V[],
  destination: readonly VersionState[],
  compare: (version: V, there: VersionState) => Promise<Match>,
): Promise<Sequence<V>> {
  const start = await matchFrom(source, destination, 0, compare);
  if (start.matched === destination.length) return { kind: 'beginning', matched: start.matched };
  const from = destination.length - source.length;
  if (from > 0 && source.length > 0) {
    const end = await matchFrom(source, destination, from, compare);
    if (end.matched === source.length) return { kind: 'end', from };
  }
  return { kind: 'diverges', version: source[start.matched], by: start.by === 'unproved' ? 'unproved' : 'other' };
}

async function matchFrom<V>(
  source: readonly V[],
  destination: readonly VersionState[],
  from: number,
  compare: (version: V, there: VersionState) => Promise<Match>,
): Promise<{ matched: number; by: Match }> {
  for (const [index, version] of source.entries()) {
    const there = destination[from + index];
    if (!there) return { matched: index, by: 'same' };
    const by = await compare(version, there);
    if (by !== 'same') return { matched: index, by };
  }
  return { matched: source.length, by: 'same' };
}

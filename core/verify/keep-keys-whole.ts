import { ANOTHER_VERSION_FAILED } from '../copy/copy-versions.js';
import { groupBy } from '../group.js';
import { FENCE_REACHED, isOwed, RESTORE_UNDER_WAY, type Judged, type Owed } from './judge.js';

/**
 * Versions of a key are one sequence: where one is owed, all of them go on to the next pass, which compares them from the
 * first on. What is gone, or archived and left out, is no part of it and stays settled.
 */
export function keepKeysWhole(judged: readonly Judged[]): Judged[] {
  return [...groupBy(judged, ({ row }) => row.key).values()].flatMap((ofKey) => {
    const owed = ofKey.map(({ verdict }) => verdict).find(isOwed);
    return owed ? ofKey.map((each) => (isOfSequence(each) ? { ...each, verdict: withKey(owed) } : each)) : ofKey;
  });
}

function isOfSequence({ verdict: { kind } }: Judged): boolean {
  return kind === 'identical' || kind === 'copied';
}

function withKey({ cause }: Owed): Owed {
  if (cause === FENCE_REACHED)
    return { kind: 'owed', cause, message: 'Another version of this key was not begun; they are checked together.' };
  return cause === RESTORE_UNDER_WAY
    ? { kind: 'owed', cause, message: 'Another version of this key is being restored; they are checked together.' }
    : {
        kind: 'owed',
        cause: ANOTHER_VERSION_FAILED,
        message: 'Another version of this key is not settled; they are checked together.',
      };
}

import type { Side, SyncRecord } from '../../contracts/live.js';
import { compare } from '../compare/compare.js';
import type { ObjectHead } from '../ports.js';
import { isSeen } from './seen.js';

/** What both sides have of a key now; undefined where nothing is there. */
export type Sight = Readonly<Record<Side, ObjectHead | undefined>>;
export type Synced = NonNullable<SyncRecord['synced']>;

/** Why a key is looked at. */
export interface Asked {
  /** The side of which an event or a person spoke. */
  from: Side;
  /** When it was deleted there, where an event said so: milliseconds since the epoch. */
  deletedAt?: number | undefined;
  /** When an upload in parts was completed there, where an event said so: the object's own time is when it was begun. */
  createdAt?: number | undefined;
  /** By a person, who means this key. */
  isByHand?: boolean;
}

export interface Rules {
  direction: 'one-way' | 'both';
  propagateDeletes: boolean;
  /** One-way: what becomes of an object of the destination's own that is newer than the source. */
  overwrite: 'older' | 'always';
}

export type Decision =
  | { kind: 'none'; outcome: 'identical' | 'gone' | 'kept' }
  | { kind: 'copy'; to: Side }
  | { kind: 'delete'; to: Side };

/**
 * What is to be done about a key, by what both sides have of it now. Events say only which key to look at, so that it does
 * not matter how often and in which order they come. The first row that fits; `own` is an object, or its absence, that is
 * not what was last brought there.
 *
 * | one-way: source | destination | then |
 * |---|---|---|
 * | gone | gone | none |
 * | gone | what we brought there; where that is not on file, not newer than the deletion | delete, where deletions are propagated |
 * | gone | own | kept |
 * | there | gone | copy |
 * | there | the same bytes | identical |
 * | there | own, newer | kept, unless `overwrite: "always"` |
 * | there | there | copy |
 *
 * | both: changed since they were together | then |
 * |---|---|
 * | neither | none |
 * | one side, there | copy it |
 * | one side, gone | delete, where deletions are propagated |
 * | both, one of them gone | what is there is copied: a write is worth more than a deletion |
 * | both, the same bytes | identical |
 * | both | the newer one is copied; of two of the same second the source's |
 * | not on file: both there | as both |
 * | not on file: only the side that is spoken of | copy it |
 * | not on file: only the other side, not newer than the deletion that is spoken of | delete, where deletions are propagated |
 * | not on file: only the other side, newer than the deletion that is spoken of | copy it |
 *
 * A time of a copy is when it was copied: times are compared only of objects that are nobody's copies.
 */
export function decide(sight: Sight, synced: Synced | undefined, asked: Asked, rules: Rules): Decision {
  if (!sight.source && !sight.destination) return none('gone');
  return rules.direction === 'both' ? bothWays(sight, synced, asked, rules) : oneWay(sight, synced, asked, rules);
}

function oneWay(sight: Sight, synced: Synced | undefined, asked: Asked, rules: Rules): Decision {
  const { source, destination } = sight;
  if (!destination) return copy('destination');
  const isOurs = synced && isSeen(destination, synced.destination);
  if (!source) {
    if (!rules.propagateDeletes) return none('gone');
    return (isOurs ?? isNotNewer(destination, asked.deletedAt)) ? { kind: 'delete', to: 'destination' } : none('kept');
  }
  if (areSame(sight, synced)) return none('identical');
  const isOwnAndNewer = !isOurs && destination.lastModified > writtenAt(source, 'source', asked);
  return isOwnAndNewer && rules.overwrite === 'older' ? none('kept') : copy('destination');
}

function bothWays(sight: Sight, synced: Synced | undefined, asked: Asked, rules: Rules): Decision {
  const [near, far] = [asked.from, otherThan(asked.from)];
  // A person wants it there again, whoever deleted it.
  if (asked.isByHand && sight[near] && !sight[far]) return copy(far);
  if (!synced) {
    if (sight.source && sight.destination) return newerOf(sight, synced, asked);
    if (sight[near]) return copy(far);
    if (asked.deletedAt !== undefined && !isNotNewer(sight[far], asked.deletedAt)) return copy(near);
    return rules.propagateDeletes && asked.deletedAt !== undefined ? { kind: 'delete', to: far } : none('gone');
  }
  const changed = {
    source: !isSeen(sight.source, synced.source),
    destination: !isSeen(sight.destination, synced.destination),
  };
  if (!changed.source && !changed.destination) return none('identical');
  if (changed.source && changed.destination) {
    if (!sight.source) return copy('source');
    return sight.destination ? newerOf(sight, synced, asked) : copy('destination');
  }
  const from: Side = changed.source ? 'source' : 'destination';
  const to = otherThan(from);
  if (!sight[from]) return rules.propagateDeletes ? { kind: 'delete', to } : none('kept');
  return areSame(sight, synced) ? none('identical') : copy(to);
}

/** Both are there, and neither is known to be a copy of the other. */
function newerOf(sight: Sight, synced: Synced | undefined, asked: Asked): Decision {
  if (areSame(sight, synced)) return none('identical');
  const { source, destination } = sight;
  return copy((destination?.lastModified ?? 0) > writtenAt(source, 'source', asked) ? 'source' : 'destination');
}

/**
 * No earlier than its event: an object that was sent in parts has the time at which that was begun. Of the source alone: what
 * appears at the destination may be a copy that a run began long before, of something that was replaced meanwhile.
 */
function writtenAt(there: ObjectHead | undefined, side: 'source', { from, createdAt = 0 }: Asked): number {
  return Math.max(there?.lastModified ?? 0, from === side ? createdAt : 0);
}

/**
 * Whether both sides have the same bytes, as a run compares them, but for one thing: what nothing shows to be the same is
 * sent. Of an object that was written a moment ago, size and time say nothing.
 */
function areSame({ source, destination }: Sight, synced: Synced | undefined): boolean {
  if (!source || !destination) return false;
  const isOnFile = synced !== undefined && isSeen(source, synced.source) && isSeen(destination, synced.destination);
  if (isOnFile) return true;
  return compare({ source, destination, onFile: 'none', isStrong: true }).kind === 'identical';
}

function isNotNewer(there: ObjectHead | undefined, deletedAt: number | undefined): boolean {
  return there !== undefined && deletedAt !== undefined && there.lastModified <= deletedAt;
}

export function otherThan(side: Side): Side {
  return side === 'source' ? 'destination' : 'source';
}

function none(outcome: 'identical' | 'gone' | 'kept'): Decision {
  return { kind: 'none', outcome };
}

function copy(to: Side): Decision {
  return { kind: 'copy', to };
}

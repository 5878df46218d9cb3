import { restoreName, type RunBounds } from './pair.js';
import type { SideAddress } from './side.js';

/** A pair's sides as its restore has them: where it writes needs no settings of copies. */
type Destination = RunBounds['destination'];

/**
 * The restore of a pair, which is a pair of its own: the sides are swapped, each with its role, account, Region and key, and
 * a key goes back to where it came from. It has no inventory and no filters: what is at the destination is listed. What
 * comes back is STANDARD, so that it can be read, whatever class the backup is kept in; the versions that a pair brings over
 * are no setting of a restore, which brings back one of each object.
 */
export function restoreOf({ name, bounds }: { name: string; bounds: RunBounds }): {
  name: string;
  bounds: RunBounds;
} {
  const { source, destination, maxConcurrency, requestsPerSecond, copy = {}, restore } = bounds;
  const home = source.prefix ?? '';
  const { storageClass: _class, bucketKeyEnabled: _bucketKey, ...backup } = destination;
  const { proof, multipart, acl, objectLock, restoreDays, restoreTier } = copy;
  return {
    name: restoreName(name),
    bounds: {
      source: { ...backup, prefix: destination.prefix ?? home },
      destination: toRestored(source, home),
      maxConcurrency,
      ...present({ requestsPerSecond }),
      copy: { ...present({ proof, multipart, acl, objectLock, restoreDays, restoreTier }), archived: 'restore' },
      restoring: { to: (restore?.to ?? []).map((target) => toRestored(target, target.prefix ?? home)) },
    },
  };
}

function toRestored(side: SideAddress, prefix: string): Destination {
  return { ...side, prefix, storageClass: 'STANDARD' };
}

function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

import { type VersionedObjects, isDeleteMarker, versionIdOf } from './versioned-objects.js';

/** What a deletion came to. */
export type Deletion =
  /** Nothing of that key is left, or was there. */
  | { kind: 'gone' }
  /** A delete marker was put on top. */
  | { kind: 'marked'; versionId: string }
  /** A version was taken out for good. */
  | { kind: 'removed'; versionId: string; wasMarker: boolean };

/**
 * Deletes a key or one version of it.
 * That a well-formed version id which is not there is answered as if it had been is a guess, from S3's deletes being idempotent.
 * @param versionId checked; undefined for the key
 * @param at milliseconds since the epoch: the time of a delete marker
 */
export function deleteVersion(
  objects: VersionedObjects,
  key: string,
  versionId: string | undefined,
  at: number,
): Deletion {
  if (versionId === undefined) {
    const marker = objects.remove(key, at);
    return marker ? { kind: 'marked', versionId: versionIdOf(marker) } : { kind: 'gone' };
  }
  const removed = objects.removeVersion(key, versionId);
  if (objects.versioning === undefined) return { kind: 'gone' };
  return { kind: 'removed', versionId, wasMarker: removed !== undefined && isDeleteMarker(removed) };
}

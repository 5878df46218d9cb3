import { type VersionedObjects, isDeleteMarker, versionIdOf } from './versioned-objects.js';

/** What a deletion came to. */
export type Deletion =
  /** Nothing of that key is left, or was there. */
  | { kind: 'gone'; wasThere: boolean }
  /** A delete marker was put on top. */
  | { kind: 'marked'; versionId: string }
  /** A version was taken out for good. */
  | { kind: 'removed'; versionId: string; wasMarker: boolean; wasThere: boolean };

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
    const wasThere = objects.get(key) !== undefined;
    const marker = objects.remove(key, at);
    return marker ? { kind: 'marked', versionId: versionIdOf(marker) } : { kind: 'gone', wasThere };
  }
  const removed = objects.removeVersion(key, versionId);
  const wasThere = removed !== undefined;
  if (objects.versioning === undefined) return { kind: 'gone', wasThere };
  return { kind: 'removed', versionId, wasMarker: wasThere && isDeleteMarker(removed), wasThere };
}

import { type PageRequest, listPage } from './list-page.js';
import { orderOfVersion } from './version-id.js';
import { type Version, type VersionedObjects, versionIdOf } from './versioned-objects.js';

export type VersionEntry =
  | { kind: 'version'; key: string; version: Version; isLatest: boolean }
  | { kind: 'commonPrefix'; prefix: string };

export interface VersionsPage {
  entries: VersionEntry[];
  /** The last entry, where more come after it; undefined on the last page. */
  next: VersionEntry | undefined;
}

/**
 * One page of versions and delete markers: keys in UTF-8 byte order, newest first in a key. `maxKeys` counts versions and common prefixes.
 * @param versionIdMarker begins in the middle of the key that `start` names, below this version
 */
export function listVersionsPage(
  objects: VersionedObjects,
  request: PageRequest & { versionIdMarker: string | undefined },
): VersionsPage {
  const { prefix, maxKeys, start, versionIdMarker } = request;
  if (maxKeys === 0) return { entries: [], next: undefined };
  const entries: VersionEntry[] = [];
  const add = (key: string, versions: readonly Version[], from: number) =>
    // One more than fits shows that there are more.
    entries.push(
      ...versions
        .slice(from, from + maxKeys + 1)
        .map((version, index) => ({ kind: 'version', key, version, isLatest: from + index === 0 }) as const),
    );
  if (versionIdMarker !== undefined && start.after === 'key' && start.text.startsWith(prefix)) {
    const versions = objects.stack(start.text);
    add(start.text, versions, below(versions, versionIdMarker));
  }
  const page = listPage({ entries: (from, bound) => objects.stacks(from, bound) }, request);
  for (const entry of page.entries) {
    if (entry.kind === 'key') add(entry.key, entry.value, 0);
    else entries.push(entry);
  }
  const shown = entries.slice(0, maxKeys);
  const isTruncated = page.next !== undefined || entries.length > maxKeys;
  return { entries: shown, next: isTruncated ? shown.at(-1) : undefined };
}

/**
 * Where the versions below a marker begin, the marker itself deleted meanwhile or not: S3 knows from an id when it was made.
 * From `null` nothing can be told; that a listing then begins with the key again, and so repeats rather than misses, is a guess.
 */
function below(versions: readonly Version[], marker: string): number {
  const index = versions.findIndex((version) => versionIdOf(version) === marker);
  if (index >= 0) return index + 1;
  const order = orderOfVersion(marker) ?? Infinity;
  return versions.findLastIndex(({ versionId }) => (orderOfVersion(versionId ?? '') ?? -1) > order) + 1;
}

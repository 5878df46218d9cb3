import type { StorageClass } from './stored-object.js';
import { type Version, type VersionedObjects, isDeleteMarker, versionIdOf } from './versioned-objects.js';

/** A version as the engine sees it. Size, ETag (without quotes) and storage class are those of an object; a delete marker has none. */
export interface VersionSummary {
  key: string;
  /** `null` for the null version. */
  versionId: string;
  isLatest: boolean;
  isDeleteMarker: boolean;
  size?: number;
  etag?: string;
  /** Milliseconds since the epoch. */
  lastModified: number;
  storageClass?: StorageClass;
}

/** Keys in UTF-8 byte order, newest first in a key. Keys may come and go on the way: what is there when their turn comes is listed. */
export function* versionSummaries(objects: VersionedObjects, prefix: string): Generator<VersionSummary> {
  let from = prefix;
  for (let bound: 'from' | 'after' = 'from'; ; bound = 'after') {
    const page: [key: string, versions: readonly Version[]][] = [];
    for (const entry of objects.stacks(from, bound)) {
      if (!entry[0].startsWith(prefix) || page.length === PAGE) break;
      page.push(entry);
    }
    for (const [key, versions] of page) yield* versions.map((version, index) => summaryOf(key, version, index === 0));
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    [from] = last;
  }
}

/** Keys. */
const PAGE = 1000;

function summaryOf(key: string, version: Version, isLatest: boolean): VersionSummary {
  const { lastModified } = version;
  const named = { key, versionId: versionIdOf(version), isLatest, lastModified };
  if (isDeleteMarker(version)) return { ...named, isDeleteMarker: true };
  const { content, storageClass } = version;
  return { ...named, isDeleteMarker: false, size: content.body.size, etag: content.etag, storageClass };
}

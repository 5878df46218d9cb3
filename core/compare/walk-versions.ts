import { compareKeys, justBefore } from '../keys.js';
import type { VersionMarker, VersionPage, VersionState } from '../ports.js';

/**
 * Walks keys beside a listing of versions, both in UTF-8 byte order: all versions and delete markers of each key, the oldest
 * first. Stretches that hold none of the keys are jumped. Throws where the listing does not go on.
 */
export async function* walkVersionsBeside<R>(
  items: Iterable<R>,
  keyOf: (item: R) => string,
  list: (after: VersionMarker) => Promise<VersionPage>,
): AsyncGenerator<{ item: R; versions: VersionState[] }> {
  let page: VersionPage = { versions: [], next: { key: '' } };
  let at = 0;
  for (const item of items) {
    const key = keyOf(item);
    const versions: VersionState[] = [];
    for (;;) {
      for (let next = page.versions[at]; next && compareKeys(next.key, key) <= 0; next = page.versions[at]) {
        if (next.key === key) versions.push(next);
        at += 1;
      }
      // A key that is behind this one, or the end: nothing of this one is left to come.
      if (at < page.versions.length || !page.next) break;
      page = await goOn(page.next, key, list);
      at = 0;
    }
    yield { item, versions: versions.reverse() };
  }
}

/** The page behind the last one, or, where a gap lies before the key, the one that begins there. */
async function goOn(
  marker: VersionMarker,
  key: string,
  list: (after: VersionMarker) => Promise<VersionPage>,
): Promise<VersionPage> {
  const before = justBefore(key);
  const after = marker.key !== '' && compareKeys(marker.key, before) > 0 ? marker : { key: before };
  const page = await list(after);
  const { next } = page;
  if (next && compareKeys(next.key, after.key) <= 0 && next.versionId === after.versionId)
    throw new Error(
      `The bucket's listing of versions did not go on behind ${JSON.stringify(after.key)}. Its server does not list as S3 does (KeyMarker, VersionIdMarker).`,
    );
  return page;
}

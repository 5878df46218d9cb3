import type { KeySpan } from '../../../contracts/listing.js';
import { compareKeys } from '../../keys.js';
import type { ListPage, SourceState, VersionMarker, VersionPage, VersionState } from '../../ports.js';

/** Where a listing goes on: behind a key, or within it behind one of its versions. */
export type Place = Pick<KeySpan, 'after' | 'version'>;

/** What a listing shows of an object, and which version that is, where one is meant and not whatever is current. */
export type ListedObject = SourceState & { readonly versionId?: string };

/** What a listing asks of the source. Throws a throttled StorageError where the worker's time is over before S3 answers. */
export interface Lister {
  /** A page of what lies behind a place; `next` is where the one after it begins, and undefined on the last. */
  page(from: Place): Promise<{ objects: readonly ListedObject[]; next: Place | undefined }>;
  /** The first key behind another one. */
  nextKey(after: string): Promise<string | undefined>;
  /** Whether no further page is to be begun. */
  isLate(): boolean;
}

/** Lists what is there. @param list pages of keys behind a place, exclusive; of one key where that is all that is wanted */
export function currentLister(
  list: (after: string, limit?: number) => Promise<ListPage<SourceState>>,
  isLate: () => boolean,
): Lister {
  return {
    page: async ({ after }) => {
      const { objects, truncated } = await list(after);
      return { objects, next: truncated ? { after: objects.at(-1)?.key ?? after } : undefined };
    },
    nextKey: async (after) => (await list(after, 1)).objects[0]?.key,
    isLate,
  };
}

/** Lists what was there at a time, by its versions. @param asOf milliseconds since the epoch */
export function asOfLister(
  list: (after: VersionMarker, limit?: number) => Promise<VersionPage>,
  asOf: number,
  isLate: () => boolean,
): Lister {
  return {
    page: async (from) => {
      const { versions, next } = await list({ key: from.after, versionId: from.version });
      const picked = pickAsOf(versions, from, asOf);
      if (!next) return { objects: picked.objects, next: undefined };
      expectProgress(next, from);
      // Of a key that is decided the older versions are of no interest.
      const version = next.key === picked.decided ? undefined : next.versionId;
      return { objects: picked.objects, next: { after: next.key, ...(version === undefined ? {} : { version }) } };
    },
    nextKey: async (after) => (await list({ key: after }, 1)).versions[0]?.key,
    isLate,
  };
}

/**
 * Of each key the version that was current at a time: the newest that is no newer than it, in the order in which S3 lists
 * them, the newest first. Of versions of one second that is the one that came last. Where that is a delete marker, there was
 * no object. Decides nothing of a key whose versions are all newer: they may go on beyond the page.
 * @param from where the page begins; the key that it is within is not decided yet
 * @returns also the last key that is decided
 */
export function pickAsOf(
  versions: readonly VersionState[],
  from: Place,
  asOf: number,
): { objects: ListedObject[]; decided: string | undefined } {
  const objects: ListedObject[] = [];
  let decided = from.version === undefined ? from.after : undefined;
  for (const { isDeleteMarker, ...version } of versions) {
    if (version.key === decided || version.lastModified > asOf) continue;
    decided = version.key;
    if (!isDeleteMarker) objects.push(version);
  }
  return { objects, decided };
}

/** A server that does not know the markers would be asked for the same page for ever. */
function expectProgress(next: VersionMarker, from: Place): void {
  const order = compareKeys(next.key, from.after);
  if (order > 0 || (order === 0 && next.versionId !== undefined && next.versionId !== from.version)) return;
  throw new Error(
    `The bucket's listing of versions did not go on behind ${JSON.stringify(from.after)}. Its server does not list as S3 does (KeyMarker, VersionIdMarker).`,
  );
}

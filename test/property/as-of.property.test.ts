import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { KeySpan } from '../../contracts/listing.js';
import { asOfLister } from '../../core/inventory/listing/listers.js';
import { listSpan } from '../../core/inventory/listing/list-span.js';
import { compareKeys } from '../../core/keys.js';
import type { VersionMarker, VersionPage, VersionState } from '../../core/ports.js';

const key = fc.oneof(
  fc.constantFrom('a', 'b', 'a/', 'a/1', '\u{10FFFF}', '\uFFFF'),
  fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }),
);
/** Of a key, the newest first. Times of a second each; several versions may share one, and a clock may go back. */
const history = fc.array(fc.record({ second: fc.nat(12), isDeleteMarker: fc.boolean() }), {
  minLength: 1,
  maxLength: 25,
});
const bucket = fc.dictionary(key, history, { maxKeys: 8 }).map((of) =>
  Object.entries(of)
    .toSorted(([a], [b]) => compareKeys(a, b))
    .flatMap(([name, versions]) => versions.map((each, index) => versionOf(name, index, each))),
);

it('As of a time, each key has the version that was current then, whatever the pages, the ranges and the rounds', async () => {
  await fc.assert(
    fc.asyncProperty(
      bucket,
      fc.nat(13),
      fc.record({
        pageSize: fc.integer({ min: 1, max: 5 }),
        pages: fc.integer({ min: 1, max: 3 }),
        pieces: fc.integer({ min: 1, max: 6 }),
      }),
      fc.infiniteStream(fc.nat()),
      async (all, asOf, { pageSize, ...budget }, chance) => {
        const next = (below: number) => (chance.next().value as number) % below;
        const lister = asOfLister(
          (after, limit = pageSize) => Promise.resolve(pageOf(all, after, limit)),
          asOf * 1_000,
          () => next(4) === 0,
        );
        const found: string[] = [];
        const left: KeySpan[] = [{ after: '' }];
        while (left.length > 0) {
          const [span] = left.splice(next(left.length), 1);
          const rest = await listSpan(lister, { ...(span as KeySpan), ...budget }, (objects) => {
            found.push(...objects.map(({ key, versionId }) => `${key} ${versionId}`));
            return Promise.resolve();
          });
          left.push(...rest);
        }
        expect(found.toSorted()).toEqual(currentThen(all, asOf * 1_000).toSorted());
      },
    ),
    { numRuns: 1_000 },
  );
});

/** The plainest way to say it. */
function currentThen(all: readonly VersionState[], asOf: number): string[] {
  return [...new Set(all.map(({ key }) => key))].flatMap((key) => {
    const newest = all.find((version) => version.key === key && version.lastModified <= asOf);
    return newest && !newest.isDeleteMarker ? [`${key} ${newest.versionId}`] : [];
  });
}

/** As ListObjectVersions pages: KeyMarker is exclusive; with VersionIdMarker, it goes on within the key. */
function pageOf(all: readonly VersionState[], after: VersionMarker, limit: number): VersionPage {
  const from = all.findIndex(({ key, versionId }, index) => {
    const order = compareKeys(key, after.key);
    if (order !== 0 || after.versionId === undefined) return order > 0;
    return (
      all.findIndex((each) => each.key === key && each.versionId === after.versionId) < index &&
      versionId !== after.versionId
    );
  });
  if (from < 0) return { versions: [], next: undefined };
  const versions = all.slice(from, from + limit);
  const last = versions.at(-1);
  return {
    versions,
    next: from + limit < all.length && last ? { key: last.key, versionId: last.versionId } : undefined,
  };
}

function versionOf(
  key: string,
  index: number,
  { second, isDeleteMarker }: { second: number; isDeleteMarker: boolean },
): VersionState {
  return {
    key,
    versionId: index === 3 ? 'null' : `v${index}`,
    isDeleteMarker,
    size: isDeleteMarker ? 0 : 1,
    etag: isDeleteMarker ? '' : `etag${index}`,
    lastModified: second * 1_000,
    storageClass: 'STANDARD',
  };
}

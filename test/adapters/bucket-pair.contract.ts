import { describe, expect, it } from '@jest/globals';
import type { BucketPair, CopyRequest, PinnedDestination } from '../../core/ports.js';
import { compareKeys } from '../../core/keys.js';

const HOSTILE = [
  'a b',
  'a+b',
  '100%',
  'a/../b',
  '//',
  '/lead',
  'folder/',
  'line\nbreak',
  '"&<>\'',
  '😀',
  '\uFFFF',
  '\u2028',
  '-rf',
  '?versionId=x',
  '#',
  'k'.repeat(1024),
];

/** The two sides, and a way to put objects there that is not the adapter's. */
export interface Sides {
  pair: BucketPair;
  /** Answers the ETag. */
  putSource: (key: string, body: string) => string;
  putDestination: (key: string, body: string) => string;
  readDestination: (key: string) => string | undefined;
}

/** What every pair of buckets does, whatever carries the bytes. */
export function bucketPairContract(name: string, open: () => Sides): void {
  describe(`An object over ${name}`, () => {
    it('is seen as it is, on both sides', async () => {
      const { pair, putSource, putDestination } = open();
      const etag = putSource('seen', 'hello');
      expect(await pair.headSource('seen')).toMatchObject({
        key: 'seen',
        size: 5,
        etag,
        lastModified: expect.any(Number),
        storageClass: 'STANDARD',
        etagKind: 'digest',
        archive: 'none',
        tagCount: 0,
        lock: {},
      });
      expect(await pair.headDestination('seen')).toBeUndefined();
      putDestination('seen', 'hello!');
      expect(await pair.headDestination('seen')).toMatchObject({ key: 'seen', size: 6 });
    });

    it('is tried to be read, also where it is empty or not there any more', async () => {
      const { pair, putSource } = open();
      putSource('probed', 'hello');
      putSource('empty', '');
      for (const key of ['probed', 'empty', 'nowhere']) await expect(pair.probeRead(key)).resolves.toBeUndefined();
    });

    it('is undefined where there is none', async () => {
      expect(await open().pair.headSource('nowhere')).toBeUndefined();
      expect(await open().pair.headDestination('nowhere')).toBeUndefined();
    });

    it('is copied and seen under any key', async () => {
      const { pair, putSource, readDestination } = open();
      for (const key of HOSTILE) {
        const sourceEtag = putSource(key, `of ${key.slice(0, 20)}`);
        const { etag } = await pair.copy(requestOf(key, sourceEtag));
        expect(readDestination(key)).toBe(`of ${key.slice(0, 20)}`);
        expect(await pair.headDestination(key)).toMatchObject({ key, etag });
      }
    });

    it('is copied under another key', async () => {
      const { pair, putSource, readDestination } = open();
      const sourceEtag = putSource('from/a?b', 'moved');
      await pair.copy(requestOf('from/a?b', sourceEtag, { key: 'to/a&b' }));
      expect(readDestination('to/a&b')).toBe('moved');
    });
  });

  describe(`A copy over ${name} is refused, and nothing is written`, () => {
    it.each<[string, { there?: string; sourceEtag?: string; destinationEtag?: string }]>([
      ['the source is another one', { sourceEtag: 'another' }],
      ['something is where nothing should be', { there: 'something' }],
      ['something else is at the destination', { there: 'something', destinationEtag: 'another' }],
    ])('where %s', async (where, { there, sourceEtag, destinationEtag }) => {
      const { pair, putSource, putDestination, readDestination } = open();
      const key = `pinned ${where}`;
      const etag = putSource(key, 'hello');
      if (there !== undefined) putDestination(key, there);
      const copying = pair.copy(requestOf(key, sourceEtag ?? etag, { etag: destinationEtag }));
      await expect(copying).rejects.toMatchObject({ status: 412, kind: 'refused' });
      expect(readDestination(key)).toBe(there);
    });

    it('where the source is gone', async () => {
      const copying = open().pair.copy(requestOf('nowhere', 'e'));
      await expect(copying).rejects.toMatchObject({ name: 'NoSuchKey', kind: 'refused' });
    });

    it('but not where the destination is as it was seen: that is replaced', async () => {
      const { pair, putSource, putDestination, readDestination } = open();
      const sourceEtag = putSource('replaced', 'new');
      await pair.copy(requestOf('replaced', sourceEtag, { etag: putDestination('replaced', 'old') }));
      expect(readDestination('replaced')).toBe('new');
    });
  });

  describe(`A listing over ${name}`, () => {
    it('is in UTF-8 byte order, whatever the keys', async () => {
      const { pair, putDestination } = open();
      for (const key of HOSTILE.slice(0, -1)) putDestination(`list/${key}`, 'x');
      const { objects, truncated } = await pair.listDestination('list/', '');
      expect(objects.map(({ key }) => key)).toEqual(
        HOSTILE.slice(0, -1)
          .map((key) => `list/${key}`)
          .toSorted(compareKeys),
      );
      expect(truncated).toBe(false);
    });

    it('shows what a HEAD shows', async () => {
      const { pair, putDestination } = open();
      putDestination('same/a', 'hello');
      const { objects } = await pair.listDestination('same/', '');
      expect(await pair.headDestination('same/a')).toMatchObject({ ...objects[0] });
      expect(objects).toHaveLength(1);
    });

    it('starts behind the key that it is given, which need not exist', async () => {
      const { pair, putDestination } = open();
      for (const key of ['after/a', 'after/b', 'after/c']) putDestination(key, 'x');
      const keysAfter = async (after: string) =>
        (await pair.listDestination('after/', after)).objects.map(({ key }) => key);
      expect(await keysAfter('after/a')).toEqual(['after/b', 'after/c']);
      expect(await keysAfter('after/a\u{10FFFF}')).toEqual(['after/b', 'after/c']);
      expect(await keysAfter('after/c')).toEqual([]);
      expect(await keysAfter('')).toEqual(['after/a', 'after/b', 'after/c']);
    });

    it('comes in pages of a thousand, or of as many as are asked for, and says whether more follow', async () => {
      const { pair, putDestination } = open();
      for (let index = 0; index < 1_001; index++) putDestination(`pages/${String(index).padStart(4, '0')}`, 'x');
      const first = await pair.listDestination('pages/', '');
      expect([first.objects.length, first.truncated]).toEqual([1_000, true]);
      const second = await pair.listDestination('pages/', first.objects.at(-1)?.key ?? '');
      expect([second.objects.length, second.truncated]).toEqual([1, false]);
      const few = await pair.listDestination('pages/', '', 3);
      expect([few.objects.length, few.truncated]).toEqual([3, true]);
      const { objects } = await pair.listSource('nowhere/', '', 3);
      expect(objects).toEqual([]);
    });
  });

  it(`A probe of writing over ${name} writes nothing`, async () => {
    const { pair, readDestination } = open();
    await pair.probeWrite('probe/.s3-backfill-probe', {});
    expect(readDestination('probe/.s3-backfill-probe')).toBeUndefined();
    expect((await pair.listDestination('probe/', '')).objects).toEqual([]);
  });
}

function requestOf(key: string, etag: string, destination: Partial<PinnedDestination> = {}): CopyRequest {
  return { source: { key, etag }, destination: { key, etag: undefined, ...destination }, object: {} };
}

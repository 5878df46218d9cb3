import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compareKeys } from '../../../local/s3/ordered-map.js';
import type { PageRequest } from '../../../local/s3/list-page.js';
import { listVersionsPage } from '../../../local/s3/list-versions-page.js';
import { type VersioningStatus, VersionedObjects, versionIdOf } from '../../../local/s3/versioned-objects.js';
import { readXml } from '../../../local/http/xml-reader.js';
import { ODD_KEYS, refusal, useS3 } from './support/server.js';

const server = useS3();
let Bucket = '';
let count = 0;
beforeEach(() => {
  count += 1;
  Bucket = `listed-${count}`;
  server().s3.createBucket(Bucket, { versioning: 'Enabled' });
});
const put = (key: string, text = 'x') => server().s3.putObject(Bucket, key, Buffer.from(text)).versionId ?? 'null';
const remove = (key: string) => {
  server().s3.deleteObject(Bucket, key);
  const [marker] = server().s3.listVersions(Bucket, key);
  return marker?.versionId ?? '';
};
const list = (more: object = {}) => server().client.send(new ListObjectVersionsCommand({ Bucket, ...more }));
const shown = ({ Versions = [], DeleteMarkers = [] }: ListObjectVersionsCommandOutput) =>
  [...Versions, ...DeleteMarkers].map(({ VersionId }) => VersionId);

describe('A listing of versions', () => {
  it('has versions and delete markers in one order: by key, and the newest first', async () => {
    const a1 = put('a', 'one');
    const b1 = put('b');
    const a2 = remove('a');
    const a3 = put('a', 'three');
    const b2 = remove('b');
    const answer = await server().sendSigned({ path: `/${Bucket}`, query: { versions: '' } });
    const rows = (readXml(answer.text)?.children ?? []).filter(({ name }) => /^(Version|DeleteMarker)$/.test(name));
    const field = (row: (typeof rows)[number], name: string) => row.children.find((each) => each.name === name)?.text;
    expect(rows.map((row) => [row.name, field(row, 'Key'), field(row, 'VersionId'), field(row, 'IsLatest')])).toEqual([
      ['Version', 'a', a3, 'true'],
      ['DeleteMarker', 'a', a2, 'false'],
      ['Version', 'a', a1, 'false'],
      ['DeleteMarker', 'b', b2, 'true'],
      ['Version', 'b', b1, 'false'],
    ]);
    const { Versions, DeleteMarkers } = await list();
    expect(Versions?.[0]).toMatchObject({ Key: 'a', Size: 5, StorageClass: 'STANDARD', ETag: expect.any(String) });
    expect(DeleteMarkers?.[0]).toMatchObject({ Key: 'a', LastModified: expect.any(Date), IsLatest: false });
    expect([...server().s3.listVersions(Bucket)]).toMatchObject([
      { key: 'a', versionId: a3, isLatest: true, isDeleteMarker: false, size: 5, storageClass: 'STANDARD' },
      { key: 'a', versionId: a2, isLatest: false, isDeleteMarker: true },
      { key: 'a', versionId: a1, isLatest: false, isDeleteMarker: false, size: 3 },
      { key: 'b', versionId: b2, isLatest: true, isDeleteMarker: true },
      { key: 'b', versionId: b1, isLatest: false, isDeleteMarker: false },
    ]);
    expect(Array.from(server().s3.listVersions(Bucket, 'b'), ({ key }) => key)).toEqual(['b', 'b']);
  });

  it('goes on in the middle of a key, also below a version that was deleted meanwhile', async () => {
    const ids = [put('a'), put('a'), put('a'), put('a'), put('b')];
    const [oldest, older, newer, newest, other] = ids as [string, string, string, string, string];
    const first = await list({ MaxKeys: 2 });
    expect(first).toMatchObject({ IsTruncated: true, NextKeyMarker: 'a', NextVersionIdMarker: newer });
    expect(shown(first)).toEqual([newest, newer]);
    const markers = { KeyMarker: first.NextKeyMarker, VersionIdMarker: first.NextVersionIdMarker };
    const rest = await list(markers);
    expect(rest).toMatchObject({ IsTruncated: false, VersionIdMarker: newer });
    expect(shown(rest)).toEqual([older, oldest, other]);
    expect(rest.Versions?.[0]?.IsLatest).toBe(false);
    server().s3.deleteObject(Bucket, 'a', newer);
    server().s3.deleteObject(Bucket, 'a', newest);
    const later = await list(markers);
    expect(shown(later)).toEqual([older, oldest, other]);
    expect(later.Versions?.[0]?.IsLatest).toBe(true);
    expect(shown(await list({ KeyMarker: 'a' }))).toEqual([other]);
    expect(shown(await list({ KeyMarker: 'a', VersionIdMarker: oldest }))).toEqual([other]);
  });

  it('counts a folder as one entry, whatever versions are in it', async () => {
    for (const key of ['a/1', 'a/1', 'a/2', 'b', 'c/1']) put(key);
    remove('a/2');
    const first = await list({ Delimiter: '/', MaxKeys: 1 });
    expect(first.CommonPrefixes).toEqual([{ Prefix: 'a/' }]);
    expect([first.IsTruncated, first.NextKeyMarker, first.NextVersionIdMarker]).toEqual([true, 'a/', undefined]);
    const rest = await list({ Delimiter: '/', KeyMarker: 'a/' });
    expect([rest.CommonPrefixes, rest.Versions?.map(({ Key }) => Key)]).toEqual([[{ Prefix: 'c/' }], ['b']]);
    expect(shown(await list({ Prefix: 'a/' }))).toHaveLength(4);
  });

  it('comes whole in pages of any size, with the oddest keys', async () => {
    for (const key of ODD_KEYS) {
      put(key);
      remove(key);
    }
    const listed: string[] = [];
    let markers = {};
    for (;;) {
      const page = await list({ ...markers, MaxKeys: 7, EncodingType: 'url' });
      const entries = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
      const decoded = (text = '') => decodeURIComponent(text.replaceAll('+', ' '));
      listed.push(...entries.map(({ Key, VersionId }) => `${decoded(Key)} ${VersionId}`));
      expect(entries.length).toBeLessThanOrEqual(7);
      if (page.IsTruncated !== true) break;
      markers = { KeyMarker: decoded(page.NextKeyMarker), VersionIdMarker: page.NextVersionIdMarker };
    }
    const all = Array.from(server().s3.listVersions(Bucket), ({ key, versionId }) => [key, versionId]);
    expect(all).toHaveLength(2 * ODD_KEYS.length);
    expect(listed.toSorted()).toEqual(all.map(([key, versionId]) => `${key} ${versionId}`).toSorted());
    const keys = ODD_KEYS.flatMap((key) => [key, key]);
    expect(all.map(([key]) => key)).toEqual(keys.toSorted(compareKeys));
  });

  it.each([
    [{ VersionIdMarker: 'null' }, 'A version-id marker cannot be specified without a key marker.'],
    [{ KeyMarker: 'a', VersionIdMarker: 'abc' }, 'Invalid version id specified'],
    [{ KeyMarker: 'a', VersionIdMarker: '' }, 'A version-id marker cannot be empty.'],
  ])('%j is refused', async (more, message) => {
    expect(await refusal(list(more))).toMatchObject({ name: 'InvalidArgument', status: 400, message });
  });
});

describe('Versions after any writes and deletions', () => {
  const object = { storageClass: 'STANDARD', lastModified: 0, content: {} } as Parameters<VersionedObjects['put']>[1];
  type Step = { key: string; act: 'put' | 'remove' | 'removeVersion' | VersioningStatus; pick: number };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.record({
      key: fc.constantFrom('a', 'b/1', 'b/2', '￮', '😀'),
      act: fc.constantFrom('put', 'put', 'remove', 'removeVersion', 'Enabled', 'Suspended'),
      pick: fc.nat(5),
    }),
    { maxLength: 40 },
  );

  /** A list of ids for each key, newest first; markers end with `*`. */
  function play(objects: VersionedObjects, model: Map<string, string[]>, { key, act, pick }: Step): void {
    const ids = model.get(key) ?? [];
    const top = (id: string, mark: string) => {
      const replaced = id === 'null' ? ids.filter((each) => !each.startsWith('null')) : ids;
      model.set(key, [`${id}${mark}`, ...replaced]);
    };
    if (act === 'put') top(versionIdOf(objects.put(key, object)), '');
    else if (act === 'remove') {
      const marker = objects.remove(key, 0);
      if (marker) top(versionIdOf(marker), '*');
      else model.delete(key);
    } else if (act === 'removeVersion') {
      const id = ids[pick]?.replace('*', '');
      if (id === undefined) return;
      objects.removeVersion(key, id);
      model.set(key, ids.toSpliced(pick, 1));
    } else objects.versioning = act;
  }

  it('are those of a naive list, in pages of any size too', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 4 }), fc.constantFrom('', '/'), (played, maxKeys, delimiter) => {
        const objects = new VersionedObjects();
        const model = new Map<string, string[]>();
        for (const step of played) play(objects, model, step);
        const stacks = [...model].filter(([, ids]) => ids.length > 0).sort(([a], [b]) => compareKeys(a, b));
        const spelled = Array.from(objects.stacks(), ([key, versions]) => [
          key,
          versions.map((version) => `${versionIdOf(version)}${version.content ? '' : '*'}`),
        ]);
        expect(spelled).toEqual(stacks);
        const current = stacks.filter(([, [id]]) => !id?.endsWith('*')).map(([key]) => key);
        expect(Array.from(objects.entries(), ([key]) => key)).toEqual(current);
        expect(pagesOf(objects, maxKeys, delimiter)).toEqual(wholeOf(stacks, delimiter));
      }),
      { numRuns: 200 },
    );
  });

  function pagesOf(objects: VersionedObjects, maxKeys: number, delimiter: string): string[] {
    const listed: string[] = [];
    let start: PageRequest['start'] = { after: 'key', text: '' };
    let versionIdMarker: string | undefined;
    for (;;) {
      const { entries, next } = listVersionsPage(objects, { prefix: '', delimiter, start, maxKeys, versionIdMarker });
      listed.push(
        ...entries.map((entry) =>
          entry.kind === 'version' ? `${entry.key} ${versionIdOf(entry.version)} ${entry.isLatest}` : entry.prefix,
        ),
      );
      if (next === undefined) return listed;
      expect(entries).toHaveLength(maxKeys);
      start = next.kind === 'version' ? { after: 'key', text: next.key } : { after: 'prefix', text: next.prefix };
      versionIdMarker = next.kind === 'version' ? versionIdOf(next.version) : undefined;
    }
  }

  function wholeOf(stacks: [key: string, ids: string[]][], delimiter: string): string[] {
    const rows = stacks.flatMap(([key, ids]) =>
      ids.map((id, index) => {
        const cut = delimiter === '' ? -1 : key.indexOf(delimiter);
        return cut < 0 ? `${key} ${id.replace('*', '')} ${index === 0}` : key.slice(0, cut + 1);
      }),
    );
    return [...new Set(rows)];
  }

  it('cost nothing where there is no versioning: an object stays the very object that was put', () => {
    const objects = new VersionedObjects();
    objects.put('k', object);
    expect(objects.get('k')).toBe(object);
    expect(Object.keys(object)).not.toContain('versionId');
  });
});

import {
  ListObjectVersionsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Page, type PageRequest, listPage } from '../../../local/s3/list-page.js';
import { OrderedMap, afterPrefix, compareKeys } from '../../../local/s3/ordered-map.js';
import { ODD_KEYS, refusal, useS3 } from './support/server.js';

const server = useS3();
let bucket = 0;
let Bucket = '';
beforeEach(() => {
  bucket += 1;
  Bucket = `list-${bucket}`;
  server().s3.createBucket(Bucket);
});
const fill = (keys: readonly string[]) => {
  for (const key of keys) server().s3.putObject(Bucket, key, Buffer.from(key));
};
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Few characters, so that prefixes, delimiters and neighbours meet; some whose order UTF-16 gets wrong. */
const keyText = (minLength: number) =>
  fc.string({
    unit: fc.constantFrom('a', 'b', '/', '-', '\ud7ff', '\ue000', '\uffee', '\u{10000}', '\u{10ffff}'),
    minLength,
    maxLength: 6,
  });

describe('order', () => {
  it('keys are ordered by the bytes of their UTF-8, which JavaScript would get wrong', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary' }),
        (a, b) => Math.sign(compareKeys(a, b)) === Math.sign(byBytes(a, b)),
      ),
    );
    expect(compareKeys('\uffee', '😀')).toBe(-1);
    expect(['😀', '\uffee'].toSorted()).toEqual(['😀', '\uffee']);
  });

  it('an ordered map agrees with a sorted list, whatever is put in and taken out', () => {
    const change = fc.record({ key: keyText(0), remove: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), keyText(0), (changes, start) => {
        const map = new OrderedMap<number>();
        const model = new Map<string, number>();
        for (const [index, { key, remove }] of changes.entries()) {
          if (remove) expect(map.delete(key)).toBe(model.delete(key));
          else {
            map.set(key, index);
            model.set(key, index);
          }
        }
        const sorted = [...model].sort(([a], [b]) => byBytes(a, b));
        expect([...map.entries()]).toEqual(sorted);
        expect([...map.entries(start, 'after')]).toEqual(sorted.filter(([key]) => byBytes(key, start) > 0));
        expect([...map.entries(start)]).toEqual(sorted.filter(([key]) => byBytes(key, start) >= 0));
        expect(map.size).toBe(model.size);
      }),
    );
  });

  it('ten thousand keys in any order stay ordered over many blocks', () => {
    const map = new OrderedMap<number>();
    for (let index = 0; index < 10_000; index += 1) map.set(String((index * 7919) % 10_000).padStart(5, '0'), index);
    for (let index = 0; index < 10_000; index += 3) map.delete(String(index).padStart(5, '0'));
    const keys = [...map.entries()].map(([key]) => key);
    expect(keys).toEqual(
      Array.from({ length: 10_000 }, (_, index) => String(index).padStart(5, '0')).filter(
        (_, index) => index % 3 !== 0,
      ),
    );
  });

  it('what comes after a prefix is above all that begins with it, and nothing else', () => {
    fc.assert(
      fc.property(keyText(0), keyText(0), (prefix, key) => {
        const after = afterPrefix(prefix);
        const isBelow = after === undefined || byBytes(key, after) < 0;
        expect(isBelow).toBe(key.startsWith(prefix) || byBytes(key, prefix) < 0);
      }),
    );
  });
});

/** What S3 documents, one key at a time. */
function naivePages(
  keys: readonly string[],
  prefix: string,
  delimiter: string,
  after: string,
  maxKeys: number,
): string[][] {
  const entries: string[] = [];
  for (const key of keys.toSorted(byBytes)) {
    if (!key.startsWith(prefix) || byBytes(key, after) <= 0) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const entry = cut < 0 ? `key ${key}` : `prefix ${key.slice(0, cut + delimiter.length)}`;
    if (entries.at(-1) !== entry) entries.push(entry);
  }
  const pages: string[][] = [];
  for (let start = 0; start < entries.length; start += maxKeys) pages.push(entries.slice(start, start + maxKeys));
  return pages.length > 0 ? pages : [[]];
}

describe('pages', () => {
  it('pages agree with a naive listing: random keys, prefixes, delimiters, starts and page sizes', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(keyText(1), { maxLength: 60 }),
        keyText(0),
        fc.constantFrom('', '/', '-', 'ab'),
        keyText(0),
        fc.integer({ min: 1, max: 7 }),
        (keys, prefix, delimiter, after, maxKeys) => {
          const map = new OrderedMap<string>();
          for (const key of keys) map.set(key, key);
          const pages: string[][] = [];
          let start: PageRequest['start'] | undefined = { after: 'key', text: after };
          while (start) {
            const page: Page<string> = listPage(map, { prefix, delimiter, start, maxKeys });
            pages.push(
              page.entries.map((entry) => (entry.kind === 'key' ? `key ${entry.key}` : `prefix ${entry.prefix}`)),
            );
            start = page.next;
          }
          expect(pages).toEqual(naivePages(keys, prefix, delimiter, after, maxKeys));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('odd keys are listed page by page, over the wire and in process, in the order of their bytes', async () => {
    fill(ODD_KEYS);
    const listed: string[] = [];
    let ContinuationToken: string | undefined;
    do {
      const page: ListObjectsV2CommandOutput = await server().client.send(
        new ListObjectsV2Command({ Bucket, MaxKeys: 4, EncodingType: 'url', ContinuationToken }),
      );
      expect(page.KeyCount).toBe(page.Contents?.length);
      for (const { Key = '' } of page.Contents ?? []) listed.push(decodeURIComponent(Key.replaceAll('+', ' ')));
      ContinuationToken = page.NextContinuationToken;
      expect(page.IsTruncated).toBe(ContinuationToken !== undefined);
    } while (ContinuationToken !== undefined);
    expect(listed).toEqual(ODD_KEYS.toSorted(byBytes));
    expect(Array.from(server().s3.listObjects(Bucket), ({ key }) => key)).toEqual(listed);
  });

  it('keys that XML can carry need no encoding', async () => {
    const keys = ODD_KEYS.filter((key) => !['\u0001', '\ufffe'].some((character) => key.includes(character)));
    fill(keys);
    const { Contents } = await server().client.send(new ListObjectsV2Command({ Bucket }));
    expect(Contents?.map(({ Key }) => Key)).toEqual(keys.toSorted(byBytes));
  });

  it('encoded keys are encoded as S3 encodes them', async () => {
    fill(['a b.txt', 'a+b.txt', '100%.csv', '한글/x.txt', 'test_file(3).png', 'tilde~star*']);
    const { Contents, CommonPrefixes } = await server().client.send(
      new ListObjectsV2Command({ Bucket, EncodingType: 'url', Delimiter: '/' }),
    );
    expect(Contents?.map(({ Key }) => Key)).toEqual([
      '100%25.csv',
      'a+b.txt',
      'a%2Bb.txt',
      'test_file%283%29.png',
      'tilde%7Estar*',
    ]);
    expect(CommonPrefixes).toEqual([{ Prefix: '%ED%95%9C%EA%B8%80/' }]);
  });

  it('a listing tells of each object what a comparison needs', async () => {
    fill(['a']);
    server().s3.putObject(Bucket, 'b', Buffer.from('parts'), {
      multipartParts: 2,
      storageClass: 'GLACIER',
      lastModified: 1_700_000_000_999,
    });
    const { Contents } = await server().client.send(new ListObjectsV2Command({ Bucket, FetchOwner: true }));
    expect(Contents).toMatchObject([
      {
        Key: 'a',
        Size: 1,
        ETag: '"0cc175b9c0f1b6a831c399e269772661"',
        StorageClass: 'STANDARD',
        ChecksumAlgorithm: ['CRC64NVME'],
        ChecksumType: 'FULL_OBJECT',
      },
      {
        Key: 'b',
        Size: 5,
        ETag: expect.stringMatching(/-2"$/),
        StorageClass: 'GLACIER',
        LastModified: new Date(1_700_000_000_000),
      },
    ]);
    expect(Contents?.[0]?.Owner?.ID).toMatch(/^[0-9a-f]{64}$/);
  });

  it('a folder counts as one entry, also where a page ends on it', async () => {
    fill(['a/1', 'a/2', 'b', 'c/1', 'c/2', 'd']);
    const { client } = server();
    const first = await client.send(new ListObjectsV2Command({ Bucket, Delimiter: '/', MaxKeys: 1 }));
    expect([first.CommonPrefixes, first.Contents, first.KeyCount, first.IsTruncated]).toEqual([
      [{ Prefix: 'a/' }],
      undefined,
      1,
      true,
    ]);
    const rest = await client.send(
      new ListObjectsV2Command({ Bucket, Delimiter: '/', ContinuationToken: first.NextContinuationToken }),
    );
    expect([rest.CommonPrefixes, rest.Contents?.map(({ Key }) => Key), rest.IsTruncated]).toEqual([
      [{ Prefix: 'c/' }],
      ['b', 'd'],
      false,
    ]);
  });

  it('the first version of the operation goes on from a marker, and from behind a folder that is one', async () => {
    fill(['a/1', 'a/2', 'b', 'c']);
    const { client } = server();
    const list = (more: object) => client.send(new ListObjectsCommand({ Bucket, ...more }));
    const first = await list({ Delimiter: '/', MaxKeys: 1 });
    expect([first.NextMarker, first.IsTruncated]).toEqual(['a/', true]);
    expect((await list({ Delimiter: '/', Marker: 'a/' })).Contents?.map(({ Key }) => Key)).toEqual(['b', 'c']);
    expect((await list({ Delimiter: '/', Marker: 'a/1' })).CommonPrefixes).toBeUndefined();
    const plain = await list({ MaxKeys: 2 });
    expect([plain.NextMarker, plain.Contents?.map(({ Key }) => Key)]).toEqual([undefined, ['a/1', 'a/2']]);
    expect((await list({ Marker: 'a/2' })).Contents?.map(({ Key }) => Key)).toEqual(['b', 'c']);
  });

  it('each object is its only, null version', async () => {
    fill(['a', 'b']);
    const { Versions, DeleteMarkers } = await server().client.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }),
    );
    expect([Versions, DeleteMarkers]).toMatchObject([
      [{ Key: 'a', VersionId: 'null', IsLatest: true, Size: 1 }],
      undefined,
    ]);
  });

  it.each([
    [{ MaxKeys: -1 }, 'InvalidArgument'],
    [{ ContinuationToken: 'made up!' }, 'InvalidArgument'],
    [{ EncodingType: 'hex' }, 'InvalidArgument'],
  ])('%j is %s', async (more, name) => {
    expect(
      await refusal(server().client.send(new ListObjectsV2Command({ Bucket, ...(more as object) }))),
    ).toMatchObject({ name, status: 400 });
  });

  it('a page of no keys is not truncated, and a page of more than 1,000 has 1,000', async () => {
    fill(Array.from({ length: 1001 }, (_, index) => String(index)));
    const { client } = server();
    const none = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 0 }));
    expect([none.KeyCount, none.IsTruncated]).toEqual([0, false]);
    const most = await client.send(new ListObjectsV2Command({ Bucket, MaxKeys: 5000 }));
    expect([most.KeyCount, most.MaxKeys, most.IsTruncated]).toEqual([1000, 1000, true]);
  });

  it('listing in process goes on while the bucket changes', () => {
    fill(Array.from({ length: 2500 }, (_, index) => String(index).padStart(4, '0')));
    const seen: string[] = [];
    for (const { key } of server().s3.listObjects(Bucket)) {
      seen.push(key);
      server().s3.deleteObject(Bucket, key);
    }
    expect(seen).toHaveLength(2500);
    expect([...server().s3.listObjects(Bucket)]).toEqual([]);
  });
});

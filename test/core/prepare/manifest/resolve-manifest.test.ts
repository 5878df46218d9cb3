import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../../contracts/run-request.js';
import { resolveManifest } from '../../../../core/prepare/manifest/resolve-manifest.js';
import { requestOf } from '../../support/rows.js';
import { INVENTORY, SOURCE, at, useStorage } from '../../support/storage.js';

const storage = useStorage();
const RUN = { id: 'run', pair: 'demo', startedAt: 0 };
const MD5 = '5d41402abc4b2a76b9719d911017c592';

describe('A manifest that is given', () => {
  it('is resolved to its columns, its time and its data files', async () => {
    const { manifestKey, dataKeys } = deliver('given', { files: 2, at: Date.UTC(2026, 0, 31, 1, 2) });
    expect(await resolve(manifestKey)).toEqual({
      manifest: {
        kind: 'inventory',
        bucket: INVENTORY,
        key: manifestKey,
        createdAt: Date.UTC(2026, 0, 31, 1, 2),
        columns: expect.arrayContaining(['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag']),
      },
      files: dataKeys.map((key, file) => ({
        file,
        key,
        size: storage().s3.getObject(INVENTORY, key)?.size,
        md5: storage().s3.getObject(INVENTORY, key)?.etag,
      })),
    });
  });

  it('may name no data file: then one line names none, since a Map reads no empty file', async () => {
    expect((await resolve(put('nothing', { files: [] }))).files).toEqual([{ file: 0 }]);
  });

  it('may lie at the root of its bucket', async () => {
    const { s3 } = storage();
    s3.createBucket('rooted');
    const body = Buffer.from(
      JSON.stringify({ ...manifestOf('x'), destinationBucket: 'arn:aws:s3:::rooted', files: [] }),
    );
    s3.putObject('rooted', 'manifest.json', body);
    s3.putObject('rooted', 'manifest.checksum', Buffer.from(md5Of(body)));
    const request = requestOf({ manifest: 's3://rooted/manifest.json' });
    expect((await resolveManifest(storage().ports, request, at, RUN)).manifest.key).toBe('manifest.json');
  });

  it('may come from another partition', async () => {
    const key = put('partition', { destinationBucket: `arn:aws-cn:s3:::${INVENTORY}` });
    expect((await resolve(key)).files).toHaveLength(1);
  });

  it('may have a checksum in capitals, with a newline behind it', async () => {
    const key = put('capitals');
    const checksum = key.replace('.json', '.checksum');
    const text = storage().s3.getObject(INVENTORY, checksum)?.body.toString() ?? '';
    storage().s3.putObject(INVENTORY, checksum, Buffer.from(`${text.toUpperCase()}\n`));
    expect((await resolve(key)).files).toHaveLength(1);
  });
});

describe('The latest manifest', () => {
  it('is the newest that was delivered whole', async () => {
    deliver('latest', { at: Date.UTC(2026, 0, 30) });
    const newest = deliver('latest', { at: Date.UTC(2026, 1, 1) });
    deliver('latest', { at: Date.UTC(2025, 11, 31) });
    expect((await resolve({ latest: folder('latest') })).manifest.key).toBe(newest.manifestKey);
  });

  it('is the one before while the newest is still being delivered', async () => {
    const whole = deliver('delivering', { at: Date.UTC(2026, 0, 30) });
    const { checksumKey } = deliver('delivering', { at: Date.UTC(2026, 1, 1) });
    storage().s3.deleteObject(INVENTORY, checksumKey);
    expect((await resolve({ latest: folder('delivering') })).manifest.key).toBe(whole.manifestKey);
  });

  it('is ManifestIncomplete where none was delivered whole yet', async () => {
    const { checksumKey } = deliver('first', { at: Date.UTC(2026, 1, 1) });
    storage().s3.deleteObject(INVENTORY, checksumKey);
    await expect(resolve({ latest: folder('first') })).rejects.toMatchObject({ name: 'ManifestIncomplete' });
  });

  it('is ManifestNotFound where there is none: hive/ and data/ are no dates', async () => {
    storage().s3.putObject(INVENTORY, `${SOURCE}/no-dates/hive/dt=2026-01-31-00-00/symlink.txt`, Buffer.of());
    storage().s3.putObject(INVENTORY, `${SOURCE}/no-dates/data/a.csv.gz`, Buffer.of());
    const resolving = resolve({ latest: folder('no-dates') });
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(resolving).rejects.toThrow(/dated folders .* 48 hours/);
  });

  function folder(configId: string) {
    return `s3://${INVENTORY}/${SOURCE}/${configId}/`;
  }
});

describe('A manifest is refused by name', () => {
  it('ManifestNotFound: there is none', async () => {
    const resolving = resolve(`${SOURCE}/all/2026-01-31T00-00Z/manifest.json`);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(resolving).rejects.toThrow(`s3://${INVENTORY}/${SOURCE}/all/2026-01-31T00-00Z/manifest.json`);
  });

  it.each<[string, RunRequestInput['manifest']]>([
    ['given', 's3://no-such-bucket/photos/all/2026-01-31T00-00Z/manifest.json'],
    ['latest', { latest: 's3://no-such-bucket/photos/all/' }],
  ])('ManifestNotFound: its bucket is not there (%s)', async (_, manifest) => {
    const resolving = resolveManifest(storage().ports, requestOf({ manifest }), at, RUN);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(resolving).rejects.toThrow('NoSuchBucket');
  });

  it('ManifestNotFound: it may not be read, which S3 does not tell from not being there', async () => {
    const key = put('denied');
    storage().s3.faults.add({ operation: 'GetObject', key, effect: { error: 'AccessDenied' } });
    const resolving = resolve(key);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestNotFound' });
    await expect(resolving).rejects.toThrow(/AccessDenied.*s3:GetObject/s);
  });

  it('ManifestIncomplete: its checksum, which S3 writes last, is not there yet', async () => {
    const key = put('incomplete');
    storage().s3.deleteObject(INVENTORY, key.replace('.json', '.checksum'));
    await expect(resolve(key)).rejects.toMatchObject({ name: 'ManifestIncomplete' });
  });

  it('ManifestCorrupt: its MD5 is another one than its checksum', async () => {
    const key = put('md5');
    storage().s3.putObject(INVENTORY, key, Buffer.from(JSON.stringify({ ...manifestOf('md5'), version: 'changed' })));
    const resolving = resolve(key);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestCorrupt' });
    await expect(resolving).rejects.toThrow(/expected MD5 [0-9a-f]{32} .* found [0-9a-f]{32}/);
  });

  it.each<[string, object | string, RegExp]>([
    ['it is no JSON', '{"sourceBucket": ', /expected JSON/],
    ['it is no object', '[]', /not the manifest of an S3 Inventory/],
    ['it is empty', '', /expected JSON/],
    ['it has no files', { files: undefined }, /files/],
    ['a file has no MD5', { files: [{ key: 'k', size: 1 }] }, /files\.0\.MD5checksum/],
    ['a file has an MD5 that is none', { files: [{ key: 'k', size: 1, MD5checksum: 'x' }] }, /files\.0\.MD5checksum/],
    ['a file has a negative size', { files: [{ key: 'k', size: -1, MD5checksum: MD5 }] }, /files\.0\.size/],
    ['a file has no key', { files: [{ key: '', size: 1, MD5checksum: MD5 }] }, /files\.0\.key/],
    ['its time is no number', { creationTimestamp: 'today' }, /creationTimestamp/],
    ['its format is none that S3 writes', { fileFormat: 'XML' }, /fileFormat/],
    ['it is of another bucket', { sourceBucket: 'secrets' }, /expected an inventory of photos/],
    [
      'it was delivered elsewhere',
      { destinationBucket: 'arn:aws:s3:::elsewhere' },
      /destinationBucket is not inventories/,
    ],
    [
      'a file lies elsewhere in its bucket',
      { files: fileAt('secrets/data/a.csv.gz') },
      /data file 1 does not lie under/,
    ],
    ['a file lies beside data/', { files: fileAt('photos/place/data2/a.csv.gz') }, /data file 1 does not lie under/],
    [
      'a file of many lies elsewhere',
      { files: [...fileAt('photos/place/data/a.csv.gz'), ...fileAt('a')] },
      /data file 2/,
    ],
  ])('ManifestCorrupt: %s', async (_, change, message) => {
    const resolving = resolve(put('place', change));
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestCorrupt' });
    await expect(resolving).rejects.toThrow(message);
  });

  it('ManifestCorrupt: it is larger than any manifest, and is not even read', async () => {
    const key = put('large');
    storage().s3.putObject(INVENTORY, key, { zeros: 65 * 1024 * 1024 });
    const resolving = resolve(key);
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestCorrupt' });
    await expect(resolving).rejects.toThrow(/expected at most 67108864 bytes, found 68157440/);
  });

  it.each<[string, object, RegExp]>([
    ['ORC', { fileFormat: 'ORC' }, /expected fileFormat CSV or Parquet, found ORC/],
    [
      'Parquet without what every row needs',
      { fileFormat: 'Parquet', fileSchema: 'message s3.inventory { required binary bucket (UTF8); }' },
      /expected a fileSchema with Bucket, Key; Key is missing/,
    ],
    ['a schema without what every row needs', { fileSchema: 'Bucket, StorageClass' }, /Key is missing/],
  ])('ManifestUnsupported: %s', async (_, change, message) => {
    const resolving = resolve(put('place', change));
    await expect(resolving).rejects.toMatchObject({ name: 'ManifestUnsupported' });
    await expect(resolving).rejects.toThrow(message);
  });

  it.each(['SlowDown', 'InternalError'] as const)(
    'but a storage that does not answer is tried again: %s',
    async (error) => {
      const key = put('storage');
      storage().s3.faults.add({ operation: 'GetObject', key, effect: { error } });
      await expect(resolve(key)).rejects.toMatchObject({ name: error });
    },
  );
});

function resolve(manifest: string | { latest: string }) {
  const address = typeof manifest === 'string' ? `s3://${INVENTORY}/${manifest}` : manifest;
  return resolveManifest(storage().ports, requestOf({ manifest: address }), at, RUN);
}

function deliver(configId: string, options: { files?: number; at?: number } = {}) {
  const { s3 } = storage();
  for (const key of ['a', 'b', 'c']) s3.putObject(SOURCE, key, Buffer.from(key));
  return s3.deliverInventory({ bucket: SOURCE, destinationBucket: INVENTORY, configId, ...options });
}

/** Puts a manifest, changed or as a text of its own, with its right checksum; answers its key. */
function put(configId: string, change: object | string = {}): string {
  const body = Buffer.from(
    typeof change === 'string' ? change : JSON.stringify({ ...manifestOf(configId), ...change }),
  );
  const key = `${SOURCE}/${configId}/2026-01-31T00-00Z/manifest.json`;
  storage().s3.putObject(INVENTORY, key, body);
  storage().s3.putObject(INVENTORY, key.replace('.json', '.checksum'), Buffer.from(md5Of(body)));
  return key;
}

function manifestOf(configId: string) {
  return {
    sourceBucket: SOURCE,
    destinationBucket: `arn:aws:s3:::${INVENTORY}`,
    version: '2016-11-30',
    creationTimestamp: '1769817600000',
    fileFormat: 'CSV',
    fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag',
    files: fileAt(`${SOURCE}/${configId}/data/a.csv.gz`),
  };
}

function fileAt(key: string) {
  return [{ key, size: 1, MD5checksum: MD5 }];
}

function md5Of(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

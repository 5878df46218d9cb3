import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { GetObjectCommand, PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { INVENTORY_FIELDS, type InventoryRow } from '../../../local/s3/inventory-columns.js';
import { inventoryFiles } from '../../../local/s3/inventory-files.js';
import { ODD_KEYS, useS3 } from './support/server.js';

const server = useS3();
let run = 0;
let [source, target] = ['', ''];
beforeEach(() => {
  run += 1;
  [source, target] = [`source-${run}`, `inventory-${run}`];
  server().s3.createBucket(source);
  server().s3.createBucket(target);
});

const AT = Date.parse('2024-05-01T07:08:09.123Z');
const read = async (Key: string) => {
  const { Body } = await server().client.send(new GetObjectCommand({ Bucket: target, Key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
};
const rowsOf = (file: Buffer): string[][] => parse(gunzipSync(file));
const decode = (key = '') => decodeURIComponent(key.replaceAll('+', ' '));

interface Manifest {
  fileSchema: string;
  files: { key: string; size: number; MD5checksum: string }[];
  [field: string]: unknown;
}
const readManifest = async (key: string) => JSON.parse((await read(key)).toString()) as Manifest;
const readRows = async (manifest: Manifest) =>
  (await Promise.all(manifest.files.map(async ({ key }) => rowsOf(await read(key))))).flat();

describe('inventories', () => {
  it("a delivery lies where S3 puts it, with S3's manifest, and its checksum is written last", async () => {
    server().s3.putObject(source, 'a', Buffer.from('x'));
    const written: string[] = [];
    const { s3 } = server();
    const delivered = s3.deliverInventory({
      bucket: source,
      destinationBucket: target,
      prefix: 'inventories/daily',
      configId: 'all',
      at: AT,
    });
    for (const { key } of s3.listObjects(target)) written.push(key);
    const root = `inventories/daily/${source}/all`;
    const [data = ''] = delivered.dataKeys;
    expect(data).toMatch(
      new RegExp(`^${root}/data/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}\\.csv\\.gz$`),
    );
    expect(written).toEqual([
      `${root}/2024-05-01T07-08Z/manifest.checksum`,
      `${root}/2024-05-01T07-08Z/manifest.json`,
      data,
      `${root}/hive/dt=2024-05-01-07-08/symlink.txt`,
    ]);
    expect(delivered.manifestKey).toBe(written[1]);

    const manifest = await read(delivered.manifestKey);
    const file = await read(data);
    expect(JSON.parse(manifest.toString())).toEqual({
      sourceBucket: source,
      destinationBucket: `arn:aws:s3:::${target}`,
      version: '2016-11-30',
      creationTimestamp: String(AT),
      fileFormat: 'CSV',
      fileSchema:
        'Bucket, Key, Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, ReplicationStatus, EncryptionStatus, ObjectLockRetainUntilDate, ObjectLockMode, ObjectLockLegalHoldStatus, IntelligentTieringAccessTier, BucketKeyStatus, ChecksumAlgorithm',
      files: [{ key: data, size: file.length, MD5checksum: createHash('md5').update(file).digest('hex') }],
    });
    expect((await read(delivered.checksumKey)).toString()).toBe(createHash('md5').update(manifest).digest('hex'));
    expect((await read(written[3] as string)).toString()).toBe(`s3://${target}/${data}`);
    const order = inventoryFiles([], {
      sourceBucket: 'b',
      destinationBucket: 'd',
      prefix: '',
      configId: 'c',
      schema: ['Bucket', 'Key'],
      files: 1,
      order: 'asGiven',
      at: AT,
    });
    expect(order.objects.at(-1)?.key).toBe(order.checksumKey);
  });

  it('every row is what a listing would say, in quotes, without a header', async () => {
    server().s3.putObject(source, 'one', Buffer.from('hello'), { lastModified: AT });
    server().s3.putObject(source, 'two', Buffer.from('parts'), {
      lastModified: AT,
      multipartParts: 2,
      storageClass: 'INTELLIGENT_TIERING',
      checksumAlgorithm: 'none',
    });
    const { manifestKey, dataKeys } = server().s3.deliverInventory({
      bucket: source,
      destinationBucket: target,
      configId: 'all',
    });
    const text = gunzipSync(await read(dataKeys[0] as string)).toString();
    const etag = server().s3.getObject(source, 'two')?.etag;
    expect(text).toBe(
      [
        `"${source}","one","5","2024-05-01T07:08:09.000Z","5d41402abc4b2a76b9719d911017c592","STANDARD","false","","SSE-S3","","","","","DISABLED","CRC64NVME"\n`,
        `"${source}","two","5","2024-05-01T07:08:09.000Z","${etag}","INTELLIGENT_TIERING","true","","SSE-S3","","","","FREQUENT","DISABLED",""\n`,
      ].join(''),
    );
    expect((await readManifest(manifestKey)).files).toHaveLength(1);
  });

  it('odd keys are URL-encoded and come back whole', async () => {
    for (const key of ODD_KEYS) server().s3.putObject(source, key, Buffer.from(key));
    const { manifestKey } = server().s3.deliverInventory({
      bucket: source,
      destinationBucket: target,
      configId: 'all',
      fields: ['Size'],
    });
    const manifest = await readManifest(manifestKey);
    expect(manifest.fileSchema).toBe('Bucket, Key, Size');
    const rows = await readRows(manifest);
    expect(rows.map(([, key]) => decode(key))).toEqual(
      ODD_KEYS.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    expect(rows.map(([, key = '', size]) => Buffer.byteLength(decode(key)) === Number(size))).not.toContain(false);
  });

  it('several files share the rows; shuffled, they hold the same rows out of order, the same way each time', async () => {
    const keys = Array.from({ length: 100 }, (_, index) => String(index).padStart(3, '0'));
    for (const key of keys) server().s3.putObject(source, key, Buffer.from(key));
    const deliver = async (configId: string, sorted: boolean) => {
      const manifest = await readManifest(
        server().s3.deliverInventory({ bucket: source, destinationBucket: target, configId, files: 3, sorted })
          .manifestKey,
      );
      return Promise.all(manifest.files.map(async ({ key }) => rowsOf(await read(key)).map((row) => row[1] ?? '')));
    };
    const sorted = await deliver('sorted', true);
    expect(sorted.map((file) => file.length)).toEqual([34, 34, 32]);
    expect(sorted.flat()).toEqual(keys);
    const shuffled = await deliver('shuffled', false);
    expect(shuffled.flat()).not.toEqual(keys);
    expect(shuffled.flat().toSorted()).toEqual(keys);
    expect(shuffled.every((file) => file.join() !== file.toSorted().join())).toBe(true);
    expect(await deliver('again', false)).toEqual(shuffled);
  });

  it('more files than rows are not written, and an empty bucket has one empty file', async () => {
    server().s3.putObject(source, 'only', Buffer.from('x'));
    expect(
      server().s3.deliverInventory({ bucket: source, destinationBucket: target, configId: 'few', files: 9 }).dataKeys,
    ).toHaveLength(1);
    server().s3.deleteObject(source, 'only');
    const { manifestKey } = server().s3.deliverInventory({
      bucket: source,
      destinationBucket: target,
      configId: 'none',
      files: 2,
    });
    const manifest = await readManifest(manifestKey);
    expect([manifest.files.length, await readRows(manifest)]).toEqual([1, []]);
  });

  it('one of all versions has each version and delete marker, newest first, and may be cut in the middle of a key', async () => {
    const { s3 } = server();
    s3.putObject(source, 'k', Buffer.from('null version'));
    await server().client.send(
      new PutBucketVersioningCommand({ Bucket: source, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    s3.putObject(source, 'k', Buffer.from('v2'));
    s3.deleteObject(source, 'k');
    s3.putObject(source, 'l', Buffer.from('l'));
    const deliver = async (configId: string, fields: string[]) => {
      const delivered = s3.deliverInventory({ bucket: source, destinationBucket: target, configId, files: 2, fields });
      const { files } = await readManifest(delivered.manifestKey);
      return Promise.all(files.map(async ({ key }) => rowsOf(await read(key)).map((row) => row.slice(1))));
    };
    const [marker, second, , other] = Array.from(s3.listVersions(source), ({ versionId }) => versionId);
    const etagOf = (versionId = '') => s3.getObject(source, 'k', versionId)?.etag;
    expect(await deliver('all', ['VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'ETag'])).toEqual([
      [
        ['k', marker, 'true', 'true', '', ''],
        ['k', second, 'false', 'false', '2', etagOf(second)],
      ],
      [
        ['k', '', 'false', 'false', '12', etagOf('null')],
        ['l', other, 'true', 'false', '1', s3.getObject(source, 'l')?.etag],
      ],
    ]);
    expect(await deliver('current', ['Size'])).toEqual([[['l', '1']]]);
  });

  it('rows made by hand become an inventory of all versions', () => {
    const rows: InventoryRow[] = [
      { Bucket: 'b', Key: 'a "quoted" key', VersionId: 'v2', IsLatest: true, IsDeleteMarker: true },
      {
        Bucket: 'b',
        Key: 'a "quoted" key',
        VersionId: '',
        IsLatest: false,
        IsDeleteMarker: false,
        Size: 0,
        ETag: 'e"e',
      },
    ];
    const files = inventoryFiles(rows, {
      sourceBucket: 'b',
      destinationBucket: 'd',
      prefix: 'p',
      configId: 'c',
      schema: INVENTORY_FIELDS.slice(0, 8),
      files: 1,
      order: 'asGiven',
      at: AT,
    });
    expect(files.manifestKey).toBe('p/b/c/2024-05-01T07-08Z/manifest.json');
    expect(gunzipSync(files.objects[0]?.body ?? '').toString()).toBe(
      '"b","a+%22quoted%22+key","v2","true","true","","",""\n"b","a+%22quoted%22+key","","false","false","0","","e""e"\n',
    );
  });
});

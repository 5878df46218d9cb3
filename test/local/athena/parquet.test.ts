import { PutBucketInventoryConfigurationCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { athenaWorld, inventoryTable, reason, rows } from './athena-world.js';

let world: Awaited<ReturnType<typeof athenaWorld>>;
const at = Date.UTC(2024, 4, 5, 10);
const KEYS = ['a b', 'a%20b', 'plain', 'ä', '\u{1F600}', 'new\nline'];
const FIELDS = ['Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'IsMultipartUploaded'];

beforeAll(async () => {
  world = await athenaWorld();
  world.engine.s3.createBucket('source', { versioning: 'Enabled' });
  world.engine.s3.createBucket('inventory');
  for (const key of KEYS) world.engine.s3.putObject('source', key, Buffer.from(key), { lastModified: at });
});
afterAll(() => world.close());

/** A table of an inventory in Parquet, with AWS's types. */
function parquetTable(name: string, types: Record<string, string>) {
  const { StorageDescriptor: storage, ...input } = inventoryTable(name, 's3://inventory/source/all/');
  const Columns = Object.entries(types).map(([column, type]) => ({ Name: column, Type: type }));
  const SerdeInfo = { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' };
  return { ...input, StorageDescriptor: { ...storage, Columns, SerdeInfo } };
}

describe('An inventory in Parquet', () => {
  it('lies where S3 puts it, with a manifest that says its schema', async () => {
    const { s3 } = world.engine;
    const delivery = {
      bucket: 'source',
      destinationBucket: 'inventory',
      configId: 'all',
      files: 2,
      at,
      fields: FIELDS,
    };
    const { manifestKey, dataKeys } = await s3.deliverParquetInventory(delivery);
    expect(dataKeys).toEqual([1, 2].map(() => expect.stringMatching(/^source\/all\/data\/[0-9a-f-]{36}\.parquet$/)));
    expect(JSON.parse(s3.getObject('inventory', manifestKey)?.body.toString() ?? '')).toMatchObject({
      fileFormat: 'Parquet',
      fileSchema:
        'message s3.inventory { required binary bucket (UTF8); required binary key (UTF8); optional int64 size; optional int64 last_modified_date (TIMESTAMP_MILLIS); optional binary e_tag (UTF8); optional binary storage_class (UTF8); optional boolean is_multipart_uploaded; }',
      files: dataKeys.map((key) => ({
        key,
        size: s3.getObject('inventory', key)?.size,
        MD5checksum: s3.getObject('inventory', key)?.etag,
      })),
    });
    expect(s3.getObject('inventory', 'source/all/hive/dt=2024-05-05-10-00/symlink.txt')?.body.toString()).toBe(
      dataKeys.map((key) => `s3://inventory/${key}`).join('\n'),
    );
  });

  it('is queried by its types, keys as they are, times as times or as their numbers', async () => {
    const types = {
      bucket: 'string',
      key: 'string',
      version_id: 'string',
      size: 'bigint',
      last_modified_date: 'timestamp',
      is_multipart_uploaded: 'boolean',
    };
    world.engine.athena.createTable('inventories', parquetTable('files', types));
    const found = await rows(
      world.client,
      "SELECT * FROM files WHERE dt = '2024-05-05-10-00' AND size > 0 ORDER BY key",
    );
    expect(found).toEqual(
      KEYS.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))).map((key) => [
        'source',
        key,
        undefined,
        String(Buffer.byteLength(key)),
        '2024-05-05 10:00:00.000',
        'false',
        '2024-05-05-10-00',
      ]),
    );
    world.engine.athena.createTable('inventories', parquetTable('numbers', { ...types, last_modified_date: 'bigint' }));
    expect(
      await rows(world.client, "SELECT DISTINCT last_modified_date FROM numbers WHERE dt = '2024-05-05-10-00'"),
    ).toEqual([[String(at)]]);
  });

  it('of all versions has delete markers without size, and null where CSV has an empty field', async () => {
    const { s3, athena } = world.engine;
    s3.deleteObject('source', 'plain');
    const fields = ['VersionId', 'IsLatest', 'IsDeleteMarker', 'Size', 'IntelligentTieringAccessTier'];
    await s3.deliverParquetInventory({
      bucket: 'source',
      destinationBucket: 'inventory',
      configId: 'all',
      at: at + 3_600_000,
      fields,
    });
    athena.createTable(
      'inventories',
      parquetTable('versions', {
        key: 'string',
        is_latest: 'boolean',
        is_delete_marker: 'boolean',
        size: 'bigint',
        intelligent_tiering_access_tier: 'string',
      }),
    );
    const query =
      "SELECT is_latest, is_delete_marker, size, intelligent_tiering_access_tier FROM versions WHERE dt = '2024-05-05-11-00' AND key = 'plain'";
    expect(await rows(world.client, `${query} ORDER BY 1 DESC`)).toEqual([
      ['true', 'true', undefined, undefined],
      ['false', 'false', '5', undefined],
    ]);
  });

  it('is delivered when its configuration is put; ORC is refused by name', async () => {
    const { engine } = world;
    const client = new S3Client({
      endpoint: engine.endpoint,
      region: engine.region,
      credentials: engine.credentials,
      forcePathStyle: true,
    });
    const put = (Format: 'Parquet' | 'ORC') =>
      client.send(
        new PutBucketInventoryConfigurationCommand({
          Bucket: 'source',
          Id: 'daily',
          InventoryConfiguration: {
            Id: 'daily',
            IsEnabled: true,
            IncludedObjectVersions: 'All',
            Schedule: { Frequency: 'Daily' },
            Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::inventory', Format } },
          },
        }),
      );
    await expect(put('ORC')).rejects.toMatchObject({ name: 'NotImplemented' });
    await put('Parquet');
    const keys = [...engine.s3.listObjects('inventory', 'source/daily/')].map(({ key }) => key);
    expect(keys.filter((key) => key.endsWith('.parquet'))).toHaveLength(1);
    expect(keys.at(-1)).toMatch(/\/hive\/dt=/);
    client.destroy();
  });

  it('that is none fails its query by name', async () => {
    const { s3 } = world.engine;
    s3.putObject('inventory', 'x.parquet', Buffer.from('no parquet'));
    s3.putObject(
      'inventory',
      'source/all/hive/dt=2024-05-05-12-00/symlink.txt',
      Buffer.from('s3://inventory/x.parquet'),
    );
    expect(await reason(world.client, "SELECT key FROM files WHERE dt = '2024-05-05-12-00'")).toMatch(/^FAILED: HIVE_/);
  });
});

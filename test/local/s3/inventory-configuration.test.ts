import {
  DeleteBucketInventoryConfigurationCommand,
  GetBucketInventoryConfigurationCommand,
  type InventoryConfiguration,
  PutBucketInventoryConfigurationCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { useEngine } from '../../support/engine.js';

const test = useEngine();
const configuration: InventoryConfiguration = {
  Id: 'every-object',
  IsEnabled: true,
  IncludedObjectVersions: 'Current',
  Schedule: { Frequency: 'Daily' },
  Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::inv-destination', Format: 'CSV', Prefix: 'some/where' } },
  OptionalFields: ['Size', 'LastModifiedDate', 'ETag'],
};
const put = (changed: Partial<InventoryConfiguration>, id = 'every-object') =>
  test().s3.send(
    new PutBucketInventoryConfigurationCommand({
      Bucket: 'inv-source',
      Id: id,
      InventoryConfiguration: { ...configuration, ...changed },
    }),
  );

describe('An inventory configuration', () => {
  it('delivers an inventory at once, which the configuration names', async () => {
    const { s3 } = test().engine;
    for (const bucket of ['inv-source', 'inv-destination']) s3.createBucket(bucket);
    s3.putObject('inv-source', 'a key', Buffer.from('x'));
    await put({});
    const keys = [...s3.listObjects('inv-destination')].map(({ key }) => key);
    const manifest = keys.find((key) => key.endsWith('/manifest.json')) ?? '';
    expect(manifest).toMatch(/^some\/where\/inv-source\/every-object\/\d{4}-\d\d-\d\dT\d\d-\d\dZ\/manifest\.json$/);
    expect(JSON.parse(s3.getObject('inv-destination', manifest)?.body.toString() ?? '')).toMatchObject({
      fileSchema: 'Bucket, Key, Size, LastModifiedDate, ETag',
    });
  });

  it('of all versions has their columns too', async () => {
    const { s3 } = test().engine;
    s3.createBucket('inv-versions');
    const Destination = { S3BucketDestination: { Bucket: 'arn:aws:s3:::inv-versions', Format: 'CSV' as const } };
    await put({ IncludedObjectVersions: 'All', Destination });
    const manifest = [...s3.listObjects('inv-versions')].find(({ key }) => key.endsWith('/manifest.json'))?.key ?? '';
    expect(JSON.parse(s3.getObject('inv-versions', manifest)?.body.toString() ?? '')).toMatchObject({
      fileSchema: 'Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag',
    });
    await put({});
  });

  it('is read back, and removed', async () => {
    const of = { Bucket: 'inv-source', Id: 'every-object' };
    const { InventoryConfiguration: kept } = await test().s3.send(new GetBucketInventoryConfigurationCommand(of));
    expect(kept).toEqual(configuration);
    await test().s3.send(new DeleteBucketInventoryConfigurationCommand(of));
    await expect(test().s3.send(new GetBucketInventoryConfigurationCommand(of))).rejects.toMatchObject({
      name: 'NoSuchConfiguration',
    });
  });

  it.each([
    [
      'of ORC',
      { Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::inv-destination', Format: 'ORC' } } },
      'NotImplemented',
    ],
    ['with a filter', { Filter: { Prefix: 'a' } }, 'NotImplemented'],
    [
      'to a bucket that is not there',
      { Destination: { S3BucketDestination: { Bucket: 'arn:aws:s3:::nowhere', Format: 'CSV' } } },
      'InvalidS3DestinationBucket',
    ],
    ['under another id than the address', { Id: 'other' }, 'InvalidArgument'],
  ] as const)('%s is refused by name', async (_, changed, name) => {
    await expect(put(changed as Partial<InventoryConfiguration>)).rejects.toMatchObject({ name });
  });
});

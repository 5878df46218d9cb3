import { GetBucketInventoryConfigurationCommand, type S3Client } from '@aws-sdk/client-s3';
import type { InventorySettings, Look } from '../../core/operate/doctor/facts.js';
import { lookOr } from './look.js';

/** An inventory configuration of a bucket; undefined where there is none of that id. */
export function inventorySettings(
  client: S3Client,
  bucket: string,
  configId: string,
): Promise<Look<InventorySettings | undefined>> {
  return lookOr('NoSuchConfiguration', undefined, async () => {
    const { InventoryConfiguration: found } = await client.send(
      new GetBucketInventoryConfigurationCommand({ Bucket: bucket, Id: configId }),
    );
    const target = found?.Destination?.S3BucketDestination;
    return {
      isEnabled: found?.IsEnabled ?? false,
      format: target?.Format ?? '',
      bucket: target?.Bucket?.split(':').at(-1) ?? '',
      prefix: (target?.Prefix ?? '').replace(/\/$/, ''),
      fields: found?.OptionalFields ?? [],
      filter: found?.Filter?.Prefix ?? '',
      versions: found?.IncludedObjectVersions ?? '',
    };
  });
}

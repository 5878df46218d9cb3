import {
  DeleteBucketReplicationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ManagedReplication } from '../../contracts/managed-replication.js';
import type { ReplicationSetup } from '../../core/deploy/manage-replication.js';
import type { BucketReplication } from '../../core/deploy/replication-rule.js';
import { storageCall, unless } from './storage-error.js';

type Side = 'source' | 'destination';

/** Replication configurations and versioning over the SDK. @param client the client of a Region */
export class S3ReplicationSetup implements ReplicationSetup {
  constructor(private readonly client: (region?: string) => S3Client) {}

  async hasVersioning(replication: ManagedReplication, side: Side): Promise<boolean> {
    const { Status } = await storageCall(() =>
      this.#of(replication, side).send(new GetBucketVersioningCommand(bucketOf(replication, side))),
    );
    return Status === 'Enabled';
  }

  async enableVersioning(replication: ManagedReplication, side: Side): Promise<void> {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await storageCall(() =>
      this.#of(replication, side).send(
        new PutBucketVersioningCommand({ ...bucketOf(replication, side), VersioningConfiguration }),
      ),
    );
  }

  async read(replication: ManagedReplication): Promise<BucketReplication | undefined> {
    const answer = await unless(['ReplicationConfigurationNotFoundError', 'NoSuchBucket'], () =>
      this.#of(replication, 'source').send(new GetBucketReplicationCommand(bucketOf(replication, 'source'))),
    );
    const { Role, Rules } = answer?.ReplicationConfiguration ?? {};
    return Role === undefined || Rules === undefined ? undefined : { role: Role, rules: Rules };
  }

  async write(replication: ManagedReplication, configuration: BucketReplication | undefined): Promise<void> {
    const source = bucketOf(replication, 'source');
    const client = this.#of(replication, 'source');
    if (configuration === undefined)
      await unless(['NoSuchBucket'], () => client.send(new DeleteBucketReplicationCommand(source)));
    else
      await storageCall(() =>
        client.send(
          new PutBucketReplicationCommand({
            ...source,
            ReplicationConfiguration: {
              Role: configuration.role,
              Rules: configuration.rules as ReplicationRule[],
            },
          }),
        ),
      );
  }

  #of({ sourceRegion, destinationRegion }: ManagedReplication, side: Side): S3Client {
    return this.client(side === 'source' ? sourceRegion : destinationRegion);
  }
}

function bucketOf(replication: ManagedReplication, side: Side) {
  return side === 'source'
    ? { Bucket: replication.sourceBucket, ExpectedBucketOwner: replication.sourceAccount }
    : { Bucket: replication.destinationBucket, ExpectedBucketOwner: replication.destinationAccount };
}

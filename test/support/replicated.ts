import { PutBucketReplicationCommand, PutBucketVersioningCommand, type ReplicationRule } from '@aws-sdk/client-s3';
import type { EngineUnderTest } from './engine.js';

type Client = Pick<EngineUnderTest, 's3' | 'engine'>;

export async function enableVersioning({ s3 }: Client, bucket: string): Promise<void> {
  await s3.send(new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status: 'Enabled' } }));
}

/** Has a bucket replicate to another one from now on: what is there already stays where it is. */
export async function replicate(
  { s3, engine }: Client,
  { source, destination }: { source: string; destination: string },
  more: Partial<ReplicationRule> = {},
): Promise<void> {
  const rule: ReplicationRule = {
    ID: 'all',
    Priority: 1,
    Status: 'Enabled',
    Filter: { Prefix: '' },
    DeleteMarkerReplication: { Status: 'Disabled' },
    Destination: { Bucket: `arn:aws:s3:::${destination}` },
    ...more,
  };
  const Role = `arn:aws:iam::${engine.accountId}:role/replication`;
  await s3.send(new PutBucketReplicationCommand({ Bucket: source, ReplicationConfiguration: { Role, Rules: [rule] } }));
}

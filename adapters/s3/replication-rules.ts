import { GetBucketReplicationCommand } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type { ReplicationRule } from '../../core/ports.js';
import { named, type BucketSide } from './bucket-side.js';
import { storageCall } from './storage-error.js';

const NONE = 'ReplicationConfigurationNotFoundError';
/** Of a bucket: `arn:aws:s3:::name`. */
const BUCKET_ARN = /^arn:[\w-]+:s3:::(.+)$/;

/** The rules by which S3 replicates a bucket; none where it has no replication configuration. */
export async function replicationRules(side: BucketSide): Promise<ReplicationRule[]> {
  try {
    const answer = await storageCall(() => side.client.send(new GetBucketReplicationCommand(named(side))));
    return (answer.ReplicationConfiguration?.Rules ?? []).map(({ ID = '', Status, Destination, Filter, Prefix }) => ({
      id: ID,
      isEnabled: Status === 'Enabled',
      destination: BUCKET_ARN.exec(Destination?.Bucket ?? '')?.[1] ?? '',
      // The prefix stands alone, beside tags, or, in the first form of a rule, outside of a filter.
      prefix: Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? '',
    }));
  } catch (error) {
    if (error instanceof StorageError && error.code === NONE) return [];
    throw error;
  }
}

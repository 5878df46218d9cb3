import * as z from 'zod';

/** CloudFormation hands the properties of a custom resource over as strings. */
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Properties of the custom resource that keeps a pair's rule in the replication configuration of a bucket, as infra/ writes them. */
export const managedReplication = z.object({
  pair: z.string(),
  /** The id of the rule: it tells our rule from those of others. */
  ruleId: z.string().min(1).max(255),
  sourceBucket: z.string(),
  sourceAccount: z.string(),
  sourceRegion: z.string().optional(),
  destinationBucket: z.string(),
  destinationAccount: z.string(),
  destinationRegion: z.string().optional(),
  /** Only keys under it are replicated; empty for all. */
  prefix: z.string(),
  /** The role that S3 acts as. */
  roleArn: z.string(),
  /** Whether the destination is of another account: replicas are then given to its owner, and its versioning is for S3 to look at. */
  isForeign: flag,
  priority: z.string().regex(/^\d+$/).transform(Number).optional(),
  storageClass: z.string().optional(),
  /** Of replicas of objects under KMS; without it these are not replicated. */
  replicaKeyArn: z.string().optional(),
  deleteMarkers: flag,
  metrics: flag,
  timeControl: flag,
  /** Replica modification sync: tags, ACLs and locks that change at a replica go back. */
  replicaModifications: flag,
  enableVersioning: flag,
  partition: z.string(),
});
export type ManagedReplication = z.infer<typeof managedReplication>;
/** The same as infra/ writes it. */
export type ManagedReplicationInput = z.input<typeof managedReplication>;

/** What CloudFormation tells the custom resource. */
export const replicationEvent = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResourceProperties: managedReplication,
});
export type ReplicationEvent = z.infer<typeof replicationEvent>;

/** The id of the rule of a pair: from its source to its destination, or back. */
export function replicationRuleId(pair: string, way: 'forth' | 'back'): string {
  return `s3-backfill-${pair}${way === 'back' ? '-back' : ''}`;
}

/** The rule of a pair in S3's words. Source: Amazon S3 API Reference, ReplicationRule. */
export function replicationRule(replication: ManagedReplication, priority: number) {
  const { partition, destinationBucket, destinationAccount, isForeign, storageClass, replicaKeyArn } = replication;
  const { metrics, timeControl, replicaModifications } = replication;
  const threshold = { Minutes: 15 };
  return {
    ID: replication.ruleId,
    Status: 'Enabled',
    Priority: priority,
    Filter: { Prefix: replication.prefix },
    DeleteMarkerReplication: { Status: replication.deleteMarkers ? 'Enabled' : 'Disabled' },
    ...(replicaModifications || replicaKeyArn !== undefined
      ? {
          SourceSelectionCriteria: {
            ...(replicaModifications ? { ReplicaModifications: { Status: 'Enabled' } } : {}),
            ...(replicaKeyArn === undefined ? {} : { SseKmsEncryptedObjects: { Status: 'Enabled' } }),
          },
        }
      : {}),
    Destination: {
      Bucket: `arn:${partition}:s3:::${destinationBucket}`,
      ...(isForeign ? { Account: destinationAccount, AccessControlTranslation: { Owner: 'Destination' } } : {}),
      ...(storageClass === undefined ? {} : { StorageClass: storageClass }),
      ...(replicaKeyArn === undefined ? {} : { EncryptionConfiguration: { ReplicaKmsKeyID: replicaKeyArn } }),
      // Time control does not go without metrics.
      ...(metrics || timeControl
        ? { Metrics: { Status: 'Enabled', ...(timeControl ? { EventThreshold: threshold } : {}) } }
        : {}),
      ...(timeControl ? { ReplicationTime: { Status: 'Enabled', Time: threshold } } : {}),
    },
  };
}

import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Pair } from '../contracts/pair.js';
import { bucketArn, objectsArn } from './pair-place.js';
import { allow, type Permission } from './permission.js';
import type { ReplicationWay } from './replication-ways.js';

/** The principal that S3 replicates as. */
export const REPLICATION_SERVICE = 's3.amazonaws.com';

/** The role that S3 replicates one way as. Nobody else can assume it, and S3 for the one bucket alone. */
export function createReplicationRole(scope: Construct, pair: Pair, way: ReplicationWay): Role {
  const role = new Role(scope, `Replication${way.name}Role`, {
    description: `What S3 replicates by, from ${way.from.bucket} to ${way.to.bucket}, for the pair ${pair.name} (s3-backfill).`,
    assumedBy: new ServicePrincipal(REPLICATION_SERVICE, { conditions: trustConditions(scope, way) }),
  });
  allow(role, replicationPermissions(scope, pair, way));
  return role;
}

/** The confused deputy: only for this bucket, and only while it is of its account. */
export function trustConditions(scope: Construct, { from }: ReplicationWay): Record<string, Record<string, string>> {
  return {
    StringEquals: { 'aws:SourceAccount': from.account },
    ArnLike: { 'aws:SourceArn': bucketArn(scope, from.bucket) },
  };
}

/**
 * What S3 asks of the role.
 * Source: Amazon S3 User Guide, "Setting up permissions for live replication", "Replicating encrypted objects", "Using Object Lock
 * with S3 Replication".
 */
export function replicationPermissions(scope: Construct, pair: Pair, way: ReplicationWay): Permission[] {
  const { from, to, isForeign } = way;
  const why = 'S3 replicates objects of the pair: all keys under its prefix.';
  const locks = pair.copy?.objectLock === 'copy' ? ['s3:GetObjectRetention', 's3:GetObjectLegalHold'] : [];
  return [
    {
      sid: 'ReadConfiguration',
      actions: ['s3:GetReplicationConfiguration', 's3:ListBucket'],
      resources: [bucketArn(scope, from.bucket)],
    },
    {
      sid: 'ReadVersions',
      actions: ['s3:GetObjectVersionForReplication', 's3:GetObjectVersionAcl', 's3:GetObjectVersionTagging', ...locks],
      resources: [objectsArn(scope, from.bucket, way.prefix)],
      why,
    },
    {
      sid: 'WriteReplicas',
      actions: [
        's3:ReplicateObject',
        's3:ReplicateTags',
        ...(pair.replication?.deleteMarkers ? ['s3:ReplicateDelete'] : []),
        ...(isForeign ? ['s3:ObjectOwnerOverrideToBucketOwner'] : []),
      ],
      resources: [objectsArn(scope, to.bucket, way.prefix)],
      why,
    },
    ...keyPermission('UseSourceKey', 'kms:Decrypt', from),
    ...keyPermission('UseDestinationKey', 'kms:Encrypt', to),
  ];
}

/** Through S3 only. */
function keyPermission(sid: string, action: string, { kmsKeyArn }: ReplicationWay['from']): Permission[] {
  return kmsKeyArn === undefined
    ? []
    : [
        {
          sid,
          actions: [action],
          resources: [kmsKeyArn],
          conditions: { StringLike: { 'kms:ViaService': 's3.*' } },
        },
      ];
}

import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { managedReplication, replicationRule } from '../contracts/managed-replication.js';
import type { Pair } from '../contracts/pair.js';
import { bucketArn } from './pair-place.js';
import { policyStatement } from './permission.js';
import { printPolicy } from './print-policy.js';
import { REPLICATION_SERVICE, replicationPermissions, trustConditions } from './replication-role.js';
import { propertiesOf, type ReplicationRole, type ReplicationWay } from './replication-ways.js';

/**
 * What others have to attach for a way of ours: permissions to a role that is not ours, policies to a bucket and a key of
 * another account.
 */
export function printReplicationPolicies(
  scope: Construct,
  pair: Pair,
  way: ReplicationWay,
  { roleArn, made }: ReplicationRole,
): void {
  const { name, to } = way;
  const permissions = replicationPermissions(scope, pair, way);
  if (!made)
    printPolicy(
      scope,
      `Replication${name}RolePolicy`,
      `Permissions policy of the role ${roleArn}: add these statements.`,
      permissions.map(policyStatement),
    );
  const granted = (fits: (sid: string) => boolean, Resource?: string) =>
    permissions
      .filter(({ sid }) => fits(sid))
      .map((permission) => ({
        ...policyStatement(permission),
        Principal: { AWS: roleArn },
        ...(Resource === undefined ? {} : { Resource }),
      }));
  if (way.isForeign)
    printPolicy(
      scope,
      `Replication${name}BucketPolicy`,
      `Policy of the bucket ${to.bucket} in account ${to.account}: add these statements.`,
      [
        ...granted((sid) => sid === 'WriteReplicas'),
        {
          Sid: 'LookAtVersioning',
          Effect: 'Allow',
          Action: 's3:GetBucketVersioning',
          Principal: { AWS: roleArn },
          Resource: bucketArn(scope, to.bucket),
        },
      ],
    );
  if (to.kmsKeyArn !== undefined && to.kmsKeyArn.split(':')[4] !== way.from.account)
    printPolicy(
      scope,
      `Replication${name}KeyPolicy`,
      `Policy of the key ${to.kmsKeyArn}: add these statements.`,
      granted((sid) => sid === 'UseDestinationKey', '*'),
    );
}

/** For a bucket of another account, whose owner puts the rule: the configuration, and the role that it needs there. */
export function printReplicationOfOthers(scope: Construct, pair: Pair, way: ReplicationWay): void {
  const { name, from } = way;
  const { partition } = Stack.of(scope);
  const roleArn = `arn:${partition}:iam::${from.account}:role/${way.ruleId}`;
  const where = `in account ${from.account}`;
  const replication = managedReplication.parse(propertiesOf(scope, pair, way, roleArn));
  const rule = replicationRule(replication, replication.priority ?? 1);
  new CfnOutput(scope, `Replication${name}Configuration`, {
    description: `Replication configuration for the bucket ${from.bucket} ${where}: its owner adds the rule (aws s3api put-bucket-replication replaces the whole configuration). Versioning must be on in both buckets.`,
    value: Stack.of(scope).toJsonString({ Role: roleArn, Rules: [rule] }),
  });
  printPolicy(scope, `Replication${name}RoleTrustPolicy`, `Trust policy of a role ${roleArn}, made ${where}.`, [
    {
      Effect: 'Allow',
      Principal: { Service: REPLICATION_SERVICE },
      Action: 'sts:AssumeRole',
      Condition: trustConditions(scope, way),
    },
  ]);
  printReplicationPolicies(scope, pair, way, { roleArn });
}

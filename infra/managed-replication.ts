import { CfnOutput, CustomResource } from 'aws-cdk-lib';
import type { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { createDeployProvider } from './deploy-provider.js';
import { bucketArn } from './pair-place.js';
import { printReplicationOfOthers, printReplicationPolicies } from './print-replication.js';
import { REPLICATION_SERVICE, createReplicationRole } from './replication-role.js';
import { propertiesOf, waysOf, type ReplicationRole, type ReplicationWay } from './replication-ways.js';

/**
 * For a pair with `live: "replication"`: the rule by which S3 replicates what is new, in the configuration of the source bucket,
 * with `direction: "both"` another one in that of the destination, and a role for each. A bucket of another account is its
 * owner's to configure: what to put there is printed.
 */
export function createManagedReplication(scope: Construct, pair: Pair, bounds: PairBounds, start: string): void {
  const ways = waysOf(scope, pair, bounds);
  const ours = ways.filter(({ isTheirs }) => !isTheirs);
  const roles = new Map(ours.map((way) => [way, roleOf(scope, pair, way)]));
  if (ours.length > 0) {
    const provider = createProvider(scope, pair, roles);
    for (const [way, role] of roles) {
      const resource = new CustomResource(scope, `ManagedReplication${way.name}`, {
        resourceType: 'Custom::S3BackfillReplication',
        serviceToken: provider.serviceToken,
        properties: { ...propertiesOf(scope, pair, way, role.roleArn) },
      });
      // S3 looks at the role when the rule is put, and uses it as soon as something is written.
      if (role.made) resource.node.addDependency(role.made);
    }
  }
  for (const [way, role] of roles) printReplicationPolicies(scope, pair, way, role);
  for (const way of ways.filter(({ isTheirs }) => isTheirs)) printReplicationOfOthers(scope, pair, way);
  printWhatIsLeft(scope, pair, start);
}

/** One that the bucket's configuration has already is for its first way only: there is one for each bucket. */
function roleOf(scope: Construct, pair: Pair, way: ReplicationWay): ReplicationRole {
  const given = way.name === '' ? pair.replication?.roleArn : undefined;
  if (given !== undefined) return { roleArn: given };
  const made = createReplicationRole(scope, pair, way);
  return { roleArn: made.roleArn, made };
}

/** The function may look at and switch on versioning, change the configurations of our buckets, and hand S3 the roles. */
function createProvider(scope: Construct, pair: Pair, roles: ReadonlyMap<ReplicationWay, ReplicationRole>): Provider {
  const ways = [...roles.keys()];
  const arns = (buckets: readonly string[]) => [...new Set(buckets)].map((bucket) => bucketArn(scope, bucket));
  const looked = ways.flatMap(({ from, to, isForeign }) => (isForeign ? [from.bucket] : [from.bucket, to.bucket]));
  return createDeployProvider(scope, {
    handler: 'manage-replication',
    functionName: `s3-backfill-${pair.name}-replication`,
    description: `Keeps the replication rule of the pair ${pair.name} when it is deployed (s3-backfill).`,
    permissions: [
      {
        sid: 'KeepRule',
        actions: ['s3:GetReplicationConfiguration', 's3:PutReplicationConfiguration'],
        resources: arns(ways.map(({ from }) => from.bucket)),
      },
      {
        sid: 'LookAtVersioning',
        actions: ['s3:GetBucketVersioning', ...(pair.replication?.enableVersioning ? ['s3:PutBucketVersioning'] : [])],
        resources: arns(looked),
      },
      {
        sid: 'HandRolesToS3',
        actions: ['iam:PassRole'],
        resources: [...roles.values()].map(({ roleArn }) => roleArn),
        conditions: { StringEquals: { 'iam:PassedToService': REPLICATION_SERVICE } },
      },
    ],
  });
}

/** The rule is about what is written from now on. */
function printWhatIsLeft(scope: Construct, pair: Pair, stateMachineArn: string): void {
  new CfnOutput(scope, 'ReplicationCoversNewObjects', {
    description: `S3 replicates what is written to ${pair.source.bucket} from now on, and nothing older. For that, start the state machine with the input {}; docs/live.md says more.`,
    value: `aws stepfunctions start-execution --state-machine-arn ${stateMachineArn} --input '{}'`,
  });
}

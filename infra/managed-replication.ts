import { CfnOutput, CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { acknowledge, wildcardFinding } from './acknowledge.js';
import { deployHandlerFolder } from './handler-code.js';
import { bucketArn } from './pair-place.js';
import { allow } from './permission.js';
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
  const functionName = `s3-backfill-${pair.name}-replication`;
  const description = `Keeps the replication rule of the pair ${pair.name} when it is deployed (s3-backfill).`;
  const logGroup = new LogGroup(scope, 'ManageReplicationLog', {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'ManageReplicationRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description,
  });
  allow(role, [
    { sid: 'WriteLog', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
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
  ]);
  const onEventHandler = new LambdaFunction(scope, 'ManageReplication', {
    functionName,
    description,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(deployHandlerFolder('manage-replication')),
    handler: 'index.handler',
    role,
    // A few calls to S3.
    memorySize: 256,
    timeout: Duration.minutes(1),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  const provider = new Provider(scope, 'ManageReplicationProvider', {
    onEventHandler,
    logGroup: new LogGroup(scope, 'ManageReplicationProviderLog', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  });
  const why = "CDK's provider framework: it invokes our function by any version, and logs by AWS's managed policy.";
  acknowledge(provider, {
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': why,
    'AwsSolutions-L1': why,
    [wildcardFinding(provider, `${onEventHandler.functionArn}:*`)]: why,
  });
  return provider;
}

/** The rule is about what is written from now on. */
function printWhatIsLeft(scope: Construct, pair: Pair, stateMachineArn: string): void {
  new CfnOutput(scope, 'ReplicationCoversNewObjects', {
    description: `S3 replicates what is written to ${pair.source.bucket} from now on, and nothing older. For that, start the state machine with the input {}; docs/live.md says more.`,
    value: `aws stepfunctions start-execution --state-machine-arn ${stateMachineArn} --input '{}'`,
  });
}

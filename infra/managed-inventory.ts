import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import type { ManagedInventory } from '../contracts/managed-inventory.js';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { acknowledge, wildcardFinding } from './acknowledge.js';
import { PairError } from './check-pair.js';
import { deployHandlerFolder } from './handler-code.js';
import { isKnownAsAnothers } from './other-account.js';
import { bucketArn } from './pair-place.js';
import { allow } from './permission.js';

/**
 * For a pair that says `manageInventory`: adds the inventory configuration to the source bucket, and lets S3 deliver it to
 * the inventory bucket. The one place where a bucket of the user's is changed.
 */
export function createManagedInventory(scope: Construct, pair: Pair, bounds: PairBounds): void {
  for (const side of ['source', 'inventory'] as const)
    if (isKnownAsAnothers(scope, pair, side))
      throw new PairError(
        `The pair ${pair.name} says manageInventory, and its ${side} bucket belongs to another account: expected the stack's own. Set the inventory up there, and leave manageInventory out.`,
      );
  const provider = createProvider(scope, pair);
  new CustomResource(scope, 'ManagedInventory', {
    resourceType: 'Custom::S3BackfillInventory',
    serviceToken: provider.serviceToken,
    properties: { ...propertiesOf(scope, pair, bounds) },
  });
}

function propertiesOf(scope: Construct, pair: Pair, { source, inventory }: PairBounds): ManagedInventory {
  const { partition, account } = Stack.of(scope);
  return {
    pair: pair.name,
    sourceBucket: source.bucket,
    sourceAccount: source.account ?? account,
    ...(source.region === undefined ? {} : { sourceRegion: source.region }),
    sourcePrefix: source.prefix ?? '',
    inventoryBucket: inventory.bucket,
    inventoryAccount: inventory.account ?? account,
    ...(inventory.region === undefined ? {} : { inventoryRegion: inventory.region }),
    inventoryPrefix: inventory.prefix,
    ...(pair.inventory.kmsKeyArn === undefined ? {} : { inventoryKeyArn: pair.inventory.kmsKeyArn }),
    configId: inventory.configId,
    partition,
  };
}

function createProvider(scope: Construct, { name, source, inventory }: Pair): Provider {
  const functionName = `s3-backfill-${name}-inventory`;
  const logGroup = new LogGroup(scope, 'ManageInventoryLog', {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, 'ManageInventoryRole', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Sets up the inventory of the pair ${name} when it is deployed (s3-backfill).`,
  });
  allow(role, [
    { sid: 'WriteLog', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    {
      sid: 'KeepConfiguration',
      actions: ['s3:GetInventoryConfiguration', 's3:PutInventoryConfiguration'],
      resources: [bucketArn(scope, source.bucket)],
    },
    {
      sid: 'LetS3Deliver',
      actions: ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
      resources: [bucketArn(scope, inventory.bucket)],
    },
  ]);
  const onEventHandler = new LambdaFunction(scope, 'ManageInventory', {
    functionName,
    description: `Sets up the inventory of the pair ${name} when it is deployed (s3-backfill).`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(deployHandlerFolder('manage-inventory')),
    handler: 'index.handler',
    role,
    // Four calls to S3.
    memorySize: 256,
    timeout: Duration.minutes(1),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
  });
  const provider = new Provider(scope, 'ManageInventoryProvider', {
    onEventHandler,
    logGroup: new LogGroup(scope, 'ManageInventoryProviderLog', {
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

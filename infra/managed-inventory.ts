import { CustomResource, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { USUAL_INVENTORY_FIELDS } from '../contracts/inventory-columns.js';
import type { ManagedInventory } from '../contracts/managed-inventory.js';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { acknowledge, wildcardFinding } from './acknowledge.js';
import { PairError } from './check-pair.js';
import { deployHandlerFolder } from './handler-code.js';
import { isKnownAsAnothers } from './other-account.js';
import { bucketArn } from './pair-place.js';
import { allow } from './permission.js';

/** Buckets of which a pair has inventories, and which of its inventories each has. */
const MANAGED = [
  { side: 'source', inventory: 'inventory', id: 'ManagedInventory' },
  { side: 'destination', inventory: 'destinationInventory', id: 'ManagedDestinationInventory' },
] as const;
type Managed = (typeof MANAGED)[number];

/**
 * For a pair that says `manageInventory`: adds the inventory configurations to its buckets, and lets S3 deliver them to the
 * inventory buckets. The one place where a bucket of the user's is changed.
 */
export function createManagedInventory(scope: Construct, pair: Pair, bounds: PairBounds): void {
  const managed = MANAGED.filter(({ inventory }) => pair[inventory]);
  for (const each of managed) expectManageable(scope, pair, each);
  const provider = createProvider(scope, pair);
  for (const each of managed)
    new CustomResource(scope, each.id, {
      resourceType: 'Custom::S3BackfillInventory',
      serviceToken: provider.serviceToken,
      properties: { ...propertiesOf(scope, pair, bounds, each) },
    });
}

/** Buckets of ours, and an inventory as the tables are made for. */
function expectManageable(scope: Construct, pair: Pair, { side, inventory }: Managed): void {
  for (const bucket of [side, inventory])
    if (isKnownAsAnothers(scope, pair, bucket))
      throw new PairError(
        `The pair ${pair.name} says manageInventory, and its ${bucket} bucket belongs to another account: expected the stack's own. Set the inventory up there, and leave manageInventory out.`,
      );
  const { format, fields } = pair[inventory] ?? pair.inventory;
  if (format !== 'CSV' || fields.join() !== USUAL_INVENTORY_FIELDS.join())
    throw new PairError(
      `The pair ${pair.name} says manageInventory, which sets up a CSV with ${USUAL_INVENTORY_FIELDS.join(', ')}: expected no other ${inventory}.format and ${inventory}.fields. Leave them out, or set the inventory up yourself.`,
    );
}

function propertiesOf(
  scope: Construct,
  pair: Pair,
  bounds: PairBounds,
  { side, inventory }: Managed,
): ManagedInventory {
  const { partition, account } = Stack.of(scope);
  const [of, place] = [bounds[side], bounds[inventory] ?? bounds.inventory];
  const prefix = side === 'source' ? of.prefix : (of.prefix ?? bounds.source.prefix);
  const key = pair[inventory]?.kmsKeyArn;
  return {
    pair: pair.name,
    sourceBucket: of.bucket,
    sourceAccount: of.account ?? account,
    ...(of.region === undefined ? {} : { sourceRegion: of.region }),
    sourcePrefix: prefix ?? '',
    inventoryBucket: place.bucket,
    inventoryAccount: place.account ?? account,
    ...(place.region === undefined ? {} : { inventoryRegion: place.region }),
    inventoryPrefix: place.prefix,
    ...(key === undefined ? {} : { inventoryKeyArn: key }),
    configId: place.configId,
    partition,
  };
}

function createProvider(scope: Construct, pair: Pair): Provider {
  const { name, source, destination, inventory, destinationInventory } = pair;
  const arns = (...buckets: string[]) => [...new Set(buckets)].map((bucket) => bucketArn(scope, bucket));
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
      resources: arns(source.bucket, ...(destinationInventory ? [destination.bucket] : [])),
    },
    {
      sid: 'LetS3Deliver',
      actions: ['s3:GetBucketPolicy', 's3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
      resources: arns(inventory.bucket, ...(destinationInventory ? [destinationInventory.bucket] : [])),
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

import { CustomResource, Stack } from 'aws-cdk-lib';
import type { Provider } from 'aws-cdk-lib/custom-resources';
import type { Construct } from 'constructs';
import { USUAL_INVENTORY_FIELDS } from '../contracts/inventory-columns.js';
import type { ManagedInventory } from '../contracts/managed-inventory.js';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { PairError } from './check-pair.js';
import { createDeployProvider } from './deploy-provider.js';
import { isKnownAsAnothers } from './other-account.js';
import { bucketArn } from './pair-place.js';

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
  return createDeployProvider(scope, {
    handler: 'manage-inventory',
    functionName: `s3-backfill-${name}-inventory`,
    description: `Sets up the inventory of the pair ${name} when it is deployed (s3-backfill).`,
    permissions: [
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
    ],
  });
}

import type { ManagedInventory, ResourceEvent } from '../../contracts/managed-inventory.js';
import { deliveryStatement, statementId, withStatement } from './bucket-policy.js';

/** The two buckets that a managed inventory changes. Errors are StorageError. */
export interface InventorySetup {
  putConfiguration(inventory: ManagedInventory): Promise<void>;
  /** One that is not there is as good as deleted; so is one whose bucket is not. */
  deleteConfiguration(inventory: ManagedInventory): Promise<void>;
  /** Of the inventory bucket; undefined where it has none, or is not there. */
  readPolicy(inventory: ManagedInventory): Promise<string | undefined>;
  /** Undefined deletes it. */
  writePolicy(inventory: ManagedInventory, policy: string | undefined): Promise<void>;
}

/**
 * Keeps the inventory configuration of a pair as the stack says it: first S3 is allowed to deliver, then asked to. When the
 * pair no longer wants it, both go again; delivered inventories stay.
 * @returns the resource's id: another bucket or configuration is another resource, and CloudFormation then deletes the old one
 */
export async function manageInventory(
  setup: InventorySetup,
  { RequestType, ResourceProperties: inventory }: ResourceEvent,
): Promise<{ PhysicalResourceId: string }> {
  if (RequestType === 'Delete') {
    await setup.deleteConfiguration(inventory);
    await changePolicy(setup, inventory, undefined);
  } else {
    await changePolicy(setup, inventory, deliveryStatement(inventory));
    await setup.putConfiguration(inventory);
  }
  return { PhysicalResourceId: [inventory.sourceBucket, inventory.configId, inventory.inventoryBucket].join('/') };
}

/** Writes only where something changes: a policy is shared with whatever else the bucket is for. */
async function changePolicy(
  setup: InventorySetup,
  inventory: ManagedInventory,
  statement: object | undefined,
): Promise<void> {
  const current = await setup.readPolicy(inventory);
  if (current === undefined && statement === undefined) return;
  const next = withStatement(current, statementId(inventory), statement);
  if (next !== current) await setup.writePolicy(inventory, next);
}

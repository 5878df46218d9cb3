import type { ManagedInventory, ResourceEvent } from '../../contracts/managed-inventory.js';
import { BackfillError } from '../errors.js';
import { deliveryStatement, statementId, withStatement } from './bucket-policy.js';

/** The two buckets that a managed inventory changes. Errors are StorageError. */
export interface InventorySetup {
  /** How the source's configuration of this id stands to the one that we would write. */
  standing(inventory: ManagedInventory): Promise<'absent' | 'ours' | 'another'>;
  putConfiguration(inventory: ManagedInventory): Promise<void>;
  deleteConfiguration(inventory: ManagedInventory): Promise<void>;
  /** Of the inventory bucket; undefined where it has none, or is not there. */
  readPolicy(inventory: ManagedInventory): Promise<string | undefined>;
  /** Undefined deletes it. */
  writePolicy(inventory: ManagedInventory, policy: string | undefined): Promise<void>;
}

/**
 * Keeps the inventory configuration of a pair as the stack says it: first S3 is allowed to deliver, then asked to. When the
 * pair no longer wants it, both go again; delivered inventories stay. A configuration that we did not make is neither
 * changed nor deleted. Throws InventoryExists.
 * @returns the resource's id: another bucket or configuration is another resource, and CloudFormation then deletes the old one
 */
export async function manageInventory(
  setup: InventorySetup,
  event: ResourceEvent,
): Promise<{ PhysicalResourceId: string }> {
  const { ResourceProperties: inventory } = event;
  const standing = await setup.standing(inventory);
  if (event.RequestType === 'Delete') {
    if (standing === 'ours') await setup.deleteConfiguration(inventory);
    await changePolicy(setup, inventory, undefined);
  } else {
    if (standing === 'another' && !isMadeByUs(event)) throw exists(inventory);
    await changePolicy(setup, inventory, deliveryStatement(inventory));
    if (standing !== 'ours') await setup.putConfiguration(inventory);
  }
  return { PhysicalResourceId: resourceId(inventory) };
}

/** What this resource has made before stays its own, whoever changed it since: the id of another configuration does not. */
function isMadeByUs(event: ResourceEvent): boolean {
  if (event.RequestType !== 'Update') return false;
  const { ResourceProperties: now, OldResourceProperties: before } = event;
  return now.sourceBucket === before.sourceBucket && now.configId === before.configId;
}

function exists({ sourceBucket, configId }: ManagedInventory): BackfillError {
  return new BackfillError(
    'InventoryExists',
    `Bucket ${sourceBucket} has an inventory configuration ${configId} that is not as this pair would make it. Name another configId, or leave manageInventory out and use the one that is there.`,
  );
}

function resourceId({ pair, sourceBucket, configId, inventoryBucket, inventoryPrefix }: ManagedInventory): string {
  return [pair, sourceBucket, configId, inventoryBucket, inventoryPrefix].join('/');
}

/**
 * Others may write the policy between our look and our write: it is looked at again, and mended as often. No error after
 * that: S3's bucket settings are eventually consistent, so that what reads as before may have arrived.
 */
const MOST_TRIES = 5;

/** Writes only where something changes: a policy is shared with whatever else the bucket is for. */
async function changePolicy(
  setup: InventorySetup,
  inventory: ManagedInventory,
  statement: object | undefined,
): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const current = await setup.readPolicy(inventory);
    const next = withStatement(current, statementId(resourceId(inventory)), statement);
    if (next === undefined ? current === undefined : isSame(next, current)) return;
    await setup.writePolicy(inventory, next);
  }
}

/** S3 answers a policy in its own spelling. */
function isSame(next: string, current: string | undefined): boolean {
  const sorted = (text: string) =>
    JSON.stringify(JSON.parse(text), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
  return current !== undefined && sorted(next) === sorted(current);
}

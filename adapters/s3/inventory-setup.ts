import { isDeepStrictEqual } from 'node:util';
import {
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketPolicyCommand,
  GetBucketInventoryConfigurationCommand,
  GetBucketPolicyCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketPolicyCommand,
  type InventoryConfiguration,
  type S3Client,
} from '@aws-sdk/client-s3';
import { USUAL_INVENTORY_FIELDS } from '../../contracts/inventory-columns.js';
import type { ManagedInventory } from '../../contracts/managed-inventory.js';
import type { InventorySetup } from '../../core/deploy/manage-inventory.js';
import { storageCall, unless } from './storage-error.js';

/** Inventory configurations and bucket policies over the SDK. @param client the client of a Region */
export class S3InventorySetup implements InventorySetup {
  constructor(private readonly client: (region?: string) => S3Client) {}

  async standing(inventory: ManagedInventory): Promise<'absent' | 'ours' | 'another'> {
    const answer = await unless(['NoSuchConfiguration', 'NoSuchBucket'], () =>
      this.#source(inventory).send(
        new GetBucketInventoryConfigurationCommand({ ...sourceOf(inventory), Id: inventory.configId }),
      ),
    );
    if (!answer?.InventoryConfiguration) return 'absent';
    return isDeepStrictEqual(comparable(answer.InventoryConfiguration), comparable(configurationOf(inventory)))
      ? 'ours'
      : 'another';
  }

  async putConfiguration(inventory: ManagedInventory): Promise<void> {
    await storageCall(() =>
      this.#source(inventory).send(
        new PutBucketInventoryConfigurationCommand({
          ...sourceOf(inventory),
          Id: inventory.configId,
          InventoryConfiguration: configurationOf(inventory),
        }),
      ),
    );
  }

  async deleteConfiguration(inventory: ManagedInventory): Promise<void> {
    await unless(['NoSuchConfiguration', 'NoSuchBucket'], () =>
      this.#source(inventory).send(
        new DeleteBucketInventoryConfigurationCommand({ ...sourceOf(inventory), Id: inventory.configId }),
      ),
    );
  }

  async readPolicy(inventory: ManagedInventory): Promise<string | undefined> {
    const answer = await unless(['NoSuchBucketPolicy', 'NoSuchBucket'], () =>
      this.#target(inventory).send(new GetBucketPolicyCommand(targetOf(inventory))),
    );
    return answer?.Policy;
  }

  async writePolicy(inventory: ManagedInventory, policy: string | undefined): Promise<void> {
    const target = targetOf(inventory);
    await storageCall(() =>
      policy === undefined
        ? this.#target(inventory).send(new DeleteBucketPolicyCommand(target))
        : this.#target(inventory).send(new PutBucketPolicyCommand({ ...target, Policy: policy })),
    );
  }

  #source({ sourceRegion }: ManagedInventory): S3Client {
    return this.client(sourceRegion);
  }

  #target({ inventoryRegion }: ManagedInventory): S3Client {
    return this.client(inventoryRegion);
  }
}

function configurationOf(inventory: ManagedInventory): InventoryConfiguration {
  const { configId, sourcePrefix, inventoryBucket, inventoryAccount, inventoryPrefix, inventoryKeyArn } = inventory;
  return {
    Id: configId,
    IsEnabled: true,
    IncludedObjectVersions: 'Current',
    Schedule: { Frequency: 'Daily' },
    OptionalFields: [...USUAL_INVENTORY_FIELDS],
    ...(sourcePrefix === '' ? {} : { Filter: { Prefix: sourcePrefix } }),
    Destination: {
      S3BucketDestination: {
        Format: 'CSV',
        AccountId: inventoryAccount,
        Bucket: `arn:${inventory.partition}:s3:::${inventoryBucket}`,
        ...(inventoryPrefix === '' ? {} : { Prefix: inventoryPrefix }),
        ...(inventoryKeyArn === undefined ? {} : { Encryption: { SSEKMS: { KeyId: inventoryKeyArn } } }),
      },
    },
  };
}

/** S3 may answer fields in another order, and leave out the account. */
function comparable({ OptionalFields = [], Destination, Filter, ...more }: InventoryConfiguration): object {
  const { AccountId: _, Prefix, ...target } = { Prefix: undefined, ...Destination?.S3BucketDestination };
  return {
    ...more,
    fields: OptionalFields.toSorted(),
    target: { ...target, Prefix: Prefix ?? '' },
    filter: Filter?.Prefix ?? '',
  };
}

function sourceOf({ sourceBucket, sourceAccount }: ManagedInventory) {
  return { Bucket: sourceBucket, ExpectedBucketOwner: sourceAccount };
}

function targetOf({ inventoryBucket, inventoryAccount }: ManagedInventory) {
  return { Bucket: inventoryBucket, ExpectedBucketOwner: inventoryAccount };
}

import {
  DeleteBucketInventoryConfigurationCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  PutBucketInventoryConfigurationCommand,
  PutBucketPolicyCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ManagedInventory } from '../../contracts/managed-inventory.js';
import type { InventorySetup } from '../../core/deploy/manage-inventory.js';
import { StorageError } from '../../core/errors.js';
import { storageCall } from './storage-error.js';

/** What a run needs of an inventory, and what a reader of the tables will ask for. */
const FIELDS = [
  'Size',
  'LastModifiedDate',
  'StorageClass',
  'ETag',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'ChecksumAlgorithm',
] as const;

/** Inventory configurations and bucket policies over the SDK. @param client the client of a Region */
export class S3InventorySetup implements InventorySetup {
  constructor(private readonly client: (region?: string) => S3Client) {}

  async putConfiguration(inventory: ManagedInventory): Promise<void> {
    const { configId, sourcePrefix, inventoryBucket, inventoryAccount, inventoryPrefix, inventoryKeyArn } = inventory;
    const InventoryConfiguration = {
      Id: configId,
      IsEnabled: true,
      IncludedObjectVersions: 'Current' as const,
      Schedule: { Frequency: 'Daily' as const },
      OptionalFields: [...FIELDS],
      ...(sourcePrefix === '' ? {} : { Filter: { Prefix: sourcePrefix } }),
      Destination: {
        S3BucketDestination: {
          Format: 'CSV' as const,
          AccountId: inventoryAccount,
          Bucket: `arn:${inventory.partition}:s3:::${inventoryBucket}`,
          ...(inventoryPrefix === '' ? {} : { Prefix: inventoryPrefix }),
          ...(inventoryKeyArn === undefined ? {} : { Encryption: { SSEKMS: { KeyId: inventoryKeyArn } } }),
        },
      },
    };
    await storageCall(() =>
      this.#source(inventory).send(
        new PutBucketInventoryConfigurationCommand({ ...sourceOf(inventory), Id: configId, InventoryConfiguration }),
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

function sourceOf({ sourceBucket, sourceAccount }: ManagedInventory) {
  return { Bucket: sourceBucket, ExpectedBucketOwner: sourceAccount };
}

function targetOf({ inventoryBucket, inventoryAccount }: ManagedInventory) {
  return { Bucket: inventoryBucket, ExpectedBucketOwner: inventoryAccount };
}

/** What the call answers; undefined where S3 answers one of these codes. */
async function unless<T>(codes: readonly string[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await storageCall(call);
  } catch (error) {
    if (error instanceof StorageError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

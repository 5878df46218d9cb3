import { createS3Client, perRegion } from '../../adapters/s3/client.js';
import { S3InventorySetup } from '../../adapters/s3/inventory-setup.js';
import { resourceEvent } from '../../contracts/managed-inventory.js';
import { manageInventory } from '../../core/deploy/manage-inventory.js';

/** Called by CloudFormation, through CDK's provider, for a pair with `manageInventory`: see core/deploy/manage-inventory.ts. */
export async function handler(event: unknown): Promise<{ PhysicalResourceId: string }> {
  const setup = new S3InventorySetup(perRegion((region) => createS3Client(region, ATTEMPTS)));
  return manageInventory(setup, resourceEvent.parse(event));
}

const ATTEMPTS = 8;

import type { ManagedInventory } from '../../../contracts/managed-inventory.js';

export function inventoryOf(more: Partial<ManagedInventory> = {}): ManagedInventory {
  return {
    pair: 'photos',
    sourceBucket: 'photos',
    sourceAccount: '123456789012',
    sourcePrefix: '',
    inventoryBucket: 'inventories',
    inventoryAccount: '123456789012',
    inventoryPrefix: '',
    configId: 'every-object',
    partition: 'aws',
    ...more,
  };
}

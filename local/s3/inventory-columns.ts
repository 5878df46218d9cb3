import { INVENTORY_FIELDS as OPTIONAL_FIELDS } from '../../contracts/inventory-columns.js';

/** The columns that an inventory may have, in the order in which S3 writes them. `Bucket` and `Key` are always there. */
export const INVENTORY_FIELDS = ['Bucket', 'Key', ...OPTIONAL_FIELDS] as const;

export type InventoryField = (typeof INVENTORY_FIELDS)[number];

/** One row: the key as it is (it is encoded when written), sizes as numbers, booleans as such. What is missing is written empty. */
export type InventoryRow = { Key: string } & { [Field in InventoryField]?: string | number | boolean };

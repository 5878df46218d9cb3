import * as z from 'zod';

/** Properties of the custom resource that keeps a pair's inventory configuration, as infra/ writes them. */
export const managedInventory = z.object({
  pair: z.string(),
  sourceBucket: z.string(),
  sourceAccount: z.string(),
  sourceRegion: z.string().optional(),
  /** Only keys under it are in the inventory; empty for all. */
  sourcePrefix: z.string(),
  inventoryBucket: z.string(),
  inventoryAccount: z.string(),
  inventoryRegion: z.string().optional(),
  inventoryPrefix: z.string(),
  inventoryKeyArn: z.string().optional(),
  configId: z.string(),
  partition: z.string(),
});
export type ManagedInventory = z.infer<typeof managedInventory>;

/** What CloudFormation tells a custom resource. */
export const resourceEvent = z.discriminatedUnion('RequestType', [
  z.object({ RequestType: z.enum(['Create', 'Delete']), ResourceProperties: managedInventory }),
  z.object({
    RequestType: z.literal('Update'),
    ResourceProperties: managedInventory,
    OldResourceProperties: managedInventory.pick({ sourceBucket: true, configId: true }),
  }),
]);
export type ResourceEvent = z.infer<typeof resourceEvent>;

import * as z from 'zod';

/** Properties of the custom resource that has a bucket send its events to EventBridge, as infra/ writes them. */
export const sentEvents = z.object({
  bucket: z.string(),
  account: z.string(),
  region: z.string().optional(),
});
export type SentEvents = z.infer<typeof sentEvents>;

/** What CloudFormation tells that resource. */
export const sentEventsEvent = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResourceProperties: sentEvents,
});

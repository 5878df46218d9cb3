import * as z from 'zod';

/** Why we believe that the destination has the object; strongest first. `sizeAndTime` is weak. */
export const evidences = ['etag', 'checksum', 'copied', 'sizeAndTime'] as const;
export type Evidence = (typeof evidences)[number];

/** What became of a row. `wouldCopy` is the answer of a dry run only. */
export const outcomes = ['identical', 'copied', 'gone', 'archived', 'failed', 'wouldCopy'] as const;

/** ResultMessage of a completion report's row, as JSON. */
export const outcome = z.object({
  outcome: z.enum(outcomes),
  evidence: z.enum(evidences).optional(),
  /** The source object was replaced after the inventory was taken. */
  drift: z.literal(true).optional(),
  message: z.string().optional(),
});

export type Outcome = z.infer<typeof outcome>;

import * as z from 'zod';
import { runLinks } from './tally.js';

const count = z.int().min(0);

/** The Cause of an execution that failed with VerificationIncomplete, as JSON. */
export const runCause = z.object({
  message: z.string(),
  counts: z.object({
    expected: count,
    verified: z.object({ identical: count, copied: count }),
    gone: count,
    archived: count,
    failed: count,
  }),
  /** The most frequent ones first. */
  causes: z.array(z.object({ cause: z.string(), rows: count, remedy: z.string() })),
  links: runLinks,
});
export type RunCause = z.infer<typeof runCause>;

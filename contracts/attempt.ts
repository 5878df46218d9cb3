import * as z from 'zod';
import { evidences } from './outcome.js';

const drift = z.literal(true).optional();

/** What CopyChunk saw and did for a row that was not simply identical (equal size and ETag in the listing). */
export const attempt = z.discriminatedUnion('kind', [
  /** S3 answered this run with a copy result: its ETag, and size of what was sent. */
  z.object({ kind: z.literal('sent'), row: z.int().min(0), etag: z.string().min(1), size: z.int().min(0), drift }),
  /** The destination already has it, by other evidence than the listed ETag, or under drift. */
  z.object({ kind: z.literal('identical'), row: z.int().min(0), evidence: z.enum(evidences), drift }),
  z.object({ kind: z.literal('gone'), row: z.int().min(0) }),
  z.object({ kind: z.literal('archived'), row: z.int().min(0) }),
  z.object({
    kind: z.literal('failed'),
    row: z.int().min(0),
    /** The name of the cause, S3's error code where it is one. */
    cause: z.string().min(1),
    message: z.string(),
    status: z.int().optional(),
  }),
]);

export type Attempt = z.infer<typeof attempt>;
export type FailedAttempt = Extract<Attempt, { kind: 'failed' }>;
export type SentAttempt = Extract<Attempt, { kind: 'sent' }>;

/** First line of an attempts file: the rows of the chunk that it settles, `to` exclusive. Rows without a line are identical by ETag. */
export const attemptsHeader = z.object({ from: z.int().min(0), to: z.int().min(1) });
export type AttemptsHeader = z.infer<typeof attemptsHeader>;

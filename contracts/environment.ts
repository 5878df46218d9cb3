import * as z from 'zod';
import { roleArn } from './location.js';

/** JSON of where work bucket, failure table and state machine are, when that is not where the AWS environment says: the embedded engine. */
const engineConnection = z
  .string()
  .transform((text): unknown => JSON.parse(text))
  .pipe(
    z.object({
      endpoint: z.url(),
      region: z.string(),
      credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
    }),
  );

/** What a deployed pair tells its handlers through environment variables. Never taken from a request. */
export const environment = z.object({
  /** The pair's name: one stack, one state machine and one set of roles each. */
  BACKFILL_PAIR: z.string().min(1),
  /** The account that the work bucket must belong to. */
  BACKFILL_ACCOUNT: z
    .string()
    .regex(/^\d{12}$/)
    .optional(),
  /** ARN of the role that jobs of S3 Batch Replication work by; only where the pair was deployed with that engine. */
  BACKFILL_JOB_ROLE: roleArn.optional(),
  /** Where people find the pair's dashboard; part of a run's output. */
  BACKFILL_DASHBOARD_URL: z.url().optional(),
  /** The bucket that holds `runs/` and `locks/`. */
  BACKFILL_WORK_BUCKET: z.string().min(3),
  BACKFILL_FAILURE_TABLE: z.string().min(3),
  /** The table with the history of reconciliations. */
  BACKFILL_RECONCILIATIONS: z.string().min(3),
  /** Rows in one chunk, at most 10,000. Smaller chunks make a small demonstration fan out. */
  BACKFILL_CHUNK_ROWS: z.coerce.number().int().min(1).max(10_000).default(10_000),
  /** Bytes of a CSV manifest that one call of IndexFile reads. Smaller ones make a small file one of many pieces. */
  BACKFILL_PIECE_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(64 * 1024 * 1024),
  /** About how long a call that S3 did not answer waits before it is tried again, in milliseconds; doubled each time. */
  BACKFILL_RETRY_DELAY_MS: z.coerce.number().int().min(1).max(10_000).default(100),
  BACKFILL_ENGINE: engineConnection.optional(),
  /** Of the functions of a live copy by events, as JSON: `readLiveSettings` reads it. */
  BACKFILL_LIVE: z.string().optional(),
  /** Of what copies in runs of such a pair, as JSON: `readAnnounceSettings` reads it. */
  BACKFILL_ANNOUNCE: z.string().optional(),
});

export type Environment = z.infer<typeof environment>;

import * as z from 'zod';
import { liveRunOf } from './live-run.js';
import { deployedPair, type Pair } from './pair.js';

/** Live copy by events: what its functions are told, what they are called with, and what they keep. */

/** Handlers that are the work of no state, and that only such a pair has. */
export const LIVE_HANDLERS = ['record-dead-letter', 'sync-object'] as const;

export const sides = ['source', 'destination'] as const;
export type Side = (typeof sides)[number];

/** Of a pair with `live: "events"`, as JSON in the environment of its functions. */
export const liveSettings = z.object({
  bounds: deployedPair.shape.bounds.unwrap(),
  direction: z.enum(['one-way', 'both']),
  propagateDeletes: z.boolean(),
  /** What was brought over last, by key. */
  table: z.string().min(3),
  queueUrl: z.url(),
  /** How many workers there are at most. */
  workers: z.int().min(1),
});
export type LiveSettings = z.infer<typeof liveSettings>;

/** Reads them from the environment variable BACKFILL_LIVE. Throws where there is none, or it holds something else. */
export function readLiveSettings(text: string | undefined): LiveSettings {
  if (text === undefined)
    throw new Error('Expected BACKFILL_LIVE in the environment: only a pair with live: "events" has this function.');
  return liveSettings.parse(JSON.parse(text));
}

/** Of a pair with `live: "events"`, for what copies in its runs, as JSON in its environment: where copies are announced. */
const announcement = z.object({
  table: z.string().min(3),
  /** The pair's side that runs write to, and its bucket: a restore to another bucket is none of the live copy's. */
  to: z.enum(sides),
  bucket: z.string().min(3),
  direction: z.enum(['one-way', 'both']),
});
export type AnnounceSettings = z.infer<typeof announcement>;

/** Reads them from the environment variable BACKFILL_ANNOUNCE; undefined where there is none. */
export function readAnnounceSettings(text: string | undefined): AnnounceSettings | undefined {
  return text === undefined ? undefined : announcement.parse(JSON.parse(text));
}

/** Of a function's environment, which holds 4 KiB in all. Source: Lambda quotas. */
export const MOST_LIVE_SETTINGS_BYTES = 3000;
/** How many workers the queue has at most: Lambda takes 2 to 1,000. Source: Lambda API, ScalingConfig. */
export function liveWorkers({ maxConcurrency }: Pick<Pair, 'maxConcurrency'>): number {
  return Math.max(2, Math.min(1000, maxConcurrency));
}

/** What of an event of S3 counts, as EventBridge delivers it. Keys are as they are, not URL-encoded. */
export const s3Event = z.object({
  source: z.literal('aws.s3'),
  'detail-type': z.enum(['Object Created', 'Object Deleted', 'Object Restore Completed']),
  /** When it happened, to the second. */
  time: z.iso.datetime({ offset: true }),
  detail: z.object({
    bucket: z.object({ name: z.string().min(1) }),
    object: z.object({ key: z.string().min(1), 'version-id': z.string().optional() }),
    /** Of a deletion: `Delete Marker Created` or `Permanently Deleted`. */
    'deletion-type': z.string().optional(),
    /** By which call: `PutObject`, `CompleteMultipartUpload` and so on. */
    reason: z.string().optional(),
  }),
});

export type S3Event = z.infer<typeof s3Event>;

/** What a worker sends to the queue for later: a key to look at again. */
export const keyMessage = z.strictObject({
  key: z.string().min(1),
  from: z.enum(sides),
  /** When it was deleted there, where an event said so. */
  deletedAt: z.iso.datetime({ offset: true }).optional(),
  /** When an upload in parts was completed there, where an event said so. */
  createdAt: z.iso.datetime({ offset: true }).optional(),
  /** When the event was that began it. */
  since: z.iso.datetime({ offset: true }).optional(),
  /** How often it was put off. */
  tries: z.int().min(0).default(0),
});
export type KeyMessage = z.infer<typeof keyMessage>;

/** A batch of SQS. Source: Lambda Developer Guide, "Using Lambda with Amazon SQS". */
export const queueBatch = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      receiptHandle: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.coerce.number().int().min(1) }),
      /** Where EventBridge says why it could not deliver. */
      messageAttributes: z.record(z.string(), z.object({ stringValue: z.string().optional() })).optional(),
    }),
  ),
});
export type QueueBatch = z.infer<typeof queueBatch>;
export type QueueRecord = QueueBatch['Records'][number];

/** One object by hand. `test_key` is the name that an older tool had for it. */
const byHand = z.union([
  z.strictObject({ key: z.string().min(1), from: z.enum(sides).default('source') }),
  z
    .strictObject({ test_key: z.string().min(1), from: z.enum(sides).default('source') })
    .transform(({ test_key: key, from }) => ({ key, from })),
]);
export type ByHand = z.infer<typeof byHand>;

/** A day's failures again, all of them or those of one cause: each of their keys goes to the queue. */
const redrive = z.strictObject({
  failuresOf: z.string().refine((name) => liveRunOf(name) !== undefined, 'expected a day of a live copy, live-<date>'),
  cause: z.string().min(1).optional(),
});

export const syncObjectInput = z.union(
  [queueBatch, byHand, redrive],
  'expected {"key": "…"}, with "from": "destination" for a key of the destination, {"failuresOf": "live-<date>"}, or a batch of SQS',
);
export type SyncObjectInput = z.infer<typeof syncObjectInput>;

/** An object as it was seen: by its version where the bucket has them, and by its time where a HEAD told it. */
const objectSeen = z.object({
  etag: z.string(),
  versionId: z.string().optional(),
  /** Milliseconds since the epoch. */
  modified: z.int().optional(),
});
export const seen = z.union([objectSeen, z.literal('gone')]);
export type Seen = z.infer<typeof seen>;

/** The object that is brought over: enough to know its copy by. */
const carried = objectSeen.extend({
  modified: z.int(),
  size: z.int().min(0),
  etagKind: z.enum(['digest', 'opaque']),
  checksums: z.array(
    z.object({
      algorithm: z.enum(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256']),
      type: z.enum(['FULL_OBJECT', 'COMPOSITE']),
      value: z.string(),
    }),
  ),
});
export type Carried = z.infer<typeof carried>;

/** What a worker is about to write, put on file before it does; gone once the outcome is on file. */
export const intent = z.object({
  to: z.enum(sides),
  /** What is written there; `gone`: it is deleted. */
  of: z.union([carried, z.literal('gone')]),
  /** What was there before. */
  over: seen,
  /** Milliseconds since the epoch: when it was put on file, and when its worker has ended at the latest. */
  at: z.int(),
  until: z.int(),
  /** The message that it came of, and which delivery of it: a later one shows that this worker has ended. */
  message: z.object({ id: z.string(), receive: z.int() }).optional(),
  /** It is sent in parts, and some are still to come. */
  isUnfinished: z.literal(true).optional(),
});
export type Intent = z.infer<typeof intent>;

/** An item of the table: what both sides had of a key when they were last brought together. */
export const syncRecord = z.object({
  /** SHA-256 (hex) of the source key. */
  pk: z.string(),
  /** Raised by every write: whoever writes has seen the one before. */
  revision: z.int().min(1),
  synced: z.object({ source: seen, destination: seen }).optional(),
  intent: intent.optional(),
  /**
   * What others than its worker meant to write, and may still come: workers that were held to have ended before their time
   * was over (SQS may deliver a message twice), and runs, which announce their copies here. The newest first.
   */
  superseded: z.array(intent).optional(),
  /** Why the last look at it failed. */
  failure: z
    .object({
      cause: z.string(),
      message: z.string(),
      size: z.int().optional(),
      /** Of a deletion: at which side it was, and when (milliseconds since the epoch). Who redrives it knows the key alone. */
      deleted: z.object({ from: z.enum(sides), at: z.int() }).optional(),
      /** Where the failure table has it. */
      run: z.string().optional(),
    })
    .optional(),
  /** Time to live, seconds since the epoch. */
  expiresAt: z.int(),
});
/**
 * How long a record is kept after it was last written: longer than messages, dead letters and a copy under way last. What is
 * forgotten is no loss: times of objects are far enough apart by then to tell which is newer.
 */
export const KEPT_DAYS = 30;
export type SyncRecord = z.infer<typeof syncRecord>;

/** The table, in the words of DynamoDB's CreateTable. */
export function syncTableDefinition(tableName: string) {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' as const }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' as const }],
  };
}

/** What became of a key. */
export const syncOutcomes = [
  'copied',
  'deleted',
  'identical',
  'gone',
  'kept',
  'archived',
  'restoring',
  'filtered',
] as const;
export type SyncOutcome = (typeof syncOutcomes)[number];

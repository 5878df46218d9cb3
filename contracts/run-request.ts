import * as z from 'zod';
import { executionName } from './execution-name.js';
import { fences } from './fence.js';
import { bucketName, keyPrefix, kmsKeyArn, storageClasses, unicode, writableStorageClasses } from './location.js';

/** A day alone is its beginning, in UTC. */
export const moment = z.union(
  [z.iso.datetime({ offset: true }), z.iso.date()],
  'expected an ISO 8601 time such as 2026-01-31T00:00:00Z',
);
const byteCount = z.int().min(0).max(50e12);
/** The number of patterns and their length are bounded, since each is tried on each row. */
const globs = z.array(z.string().min(1).max(1024)).max(100);

/** What a copy is given that its source does not decide. */
export const destinationSettings = {
  storageClass: z.enum(writableStorageClasses).optional(),
  kmsKeyArn: kmsKeyArn.optional(),
  /** Fewer calls of KMS: S3 derives the objects' keys from one of the bucket. */
  bucketKeyEnabled: z.boolean().optional(),
};

/** Of a run, or of all runs of a pair. */
export const requestsPerSecond = z.int().min(1).max(1_000_000);

/** How a run copies, without defaults: of a request, or of all requests of a pair. */
const proof = z.enum(['listing', 'strong']);
const overwrite = z.enum(['older', 'always']);
const multipart = z.enum(['keep', 'single']);
const acl = z.enum(['bucket-owner-full-control', 'copy']);
const objectLock = z.literal('copy');
const archived = z.enum(['skip', 'restore']);
const restoreDays = z.int().min(1).max(365);
const restoreTier = z.enum(['Bulk', 'Standard', 'Expedited']);
const versions = z.enum(['current', 'all']);
/** Who copies what is missing: this project's workers, S3's own Batch Replication, or nobody. */
export const engines = ['copy', 'batch-replication', 'none'] as const;
export type CopyEngine = (typeof engines)[number];
const engine = z.enum(engines);
export const copyDefaults = z
  .strictObject({ engine, proof, overwrite, multipart, acl, objectLock, archived, restoreDays, restoreTier, versions })
  .partial();

const location = z.strictObject({ bucket: bucketName, prefix: keyPrefix.optional() });

/** What leaves rows out. `scopeOf` in core/inventory/scope.ts applies them. */
export const filters = {
  include: globs
    .min(1)
    .optional()
    .describe('Only keys that match one of these globs. `*` is any text, also across `/`; `?` is one character.'),
  exclude: globs.optional().describe('No keys that match one of these globs.'),
  modifiedAfter: moment.optional().describe('Only objects last modified at this time or later (ISO 8601).'),
  modifiedBefore: moment.optional().describe('Only objects last modified before this time (ISO 8601).'),
  minSize: byteCount.optional().describe('Only objects of at least this many bytes.'),
  maxSize: byteCount.optional().describe('Only objects of at most this many bytes.'),
  storageClasses: z.array(z.enum(storageClasses)).min(1).optional().describe('Only objects of these storage classes.'),
};
export const requestFilters = z.strictObject(filters);

/** `s3://bucket/key` split in two; the key is everything after the bucket's slash, bytes untouched. */
const manifestUri = unicode.regex(
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/(.*\/)?manifest\.json$/s,
  'expected s3://bucket/…/manifest.json',
);
const configUri = unicode.regex(
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.+\/$/s,
  'expected s3://bucket/…/<configuration id>/ with the closing slash',
);

/** A cause of failed rows: an error code of S3, or a name of ours. */
const cause = z.string().min(1).max(256);
/** What an earlier run still owed, all of it or what failed for one cause. */
const failuresOf = z.strictObject({ failuresOf: executionName, cause: cause.optional() });
const csvUri = unicode.regex(
  /^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/.*[^/]$/s,
  'expected s3://bucket/…, the key of a CSV file',
);

/** The input of an execution. README's field table is generated from the descriptions. */
export const runRequest = z
  .strictObject({
    source: location.describe('Where the objects are: `{bucket, prefix?}`. Rows outside `prefix` are out of scope.'),
    manifest: z
      .union(
        [
          manifestUri,
          z.strictObject({ latest: configUri }),
          z.strictObject({ list: z.literal(true), asOf: moment.optional() }),
          z.strictObject({ csv: csvUri }),
          failuresOf,
        ],
        'expected "s3://…/manifest.json", {"latest": "s3://…/<configuration id>/"}, {"list": true} (with "asOf": an ISO 8601 time, or without), {"csv": "s3://bucket/key"} or {"failuresOf": "<run>"}',
      )
      .describe(
        'The inventory: `s3://…/manifest.json`, or `{"latest": "s3://…/<configuration id>/"}` for the newest one that was delivered whole. `{"list": true}` where there is none yet: the run lists the source itself; with `"asOf": "2026-01-31T00:00:00Z"`, the version of each object that was current then (of a restore). `{"csv": "s3://…"}` for a list of objects: the manifest of an S3 Batch Operations job, or the result of an Athena query. `{"failuresOf": "<run>", "cause": …}`: what an earlier run of the pair still owed, all of it or the rows with one cause.',
      ),
    destination: location
      .extend(destinationSettings)
      .describe(
        'Where they go: `{bucket, prefix?, storageClass?, kmsKeyArn?, bucketKeyEnabled?}`. The source prefix is replaced by the destination prefix, and kept where there is none; an object of which no key would be left, as a folder’s marker under an empty prefix, is out of scope. Without a storage class each object keeps its own; without a key of KMS the bucket’s default encryption applies.',
      ),
    ...filters,
    engine: engine
      .default('copy')
      .describe(
        'Who copies what is missing or differs. `copy`: the run itself. `batch-replication`: a job of S3 Batch Replication; only where the pair was deployed with it. `none`: nobody; the run proves what any other tool has copied, and names what that missed.',
      ),
    proof: proof
      .default('listing')
      .describe(
        '`listing`: what lists and inventories show, and a HEAD where they cannot tell. `strong`: also a HEAD with checksums of both sides where ETags cannot be compared; what only size and time speak for is copied again.',
      ),
    overwrite: overwrite
      .default('older')
      .describe(
        '`older`: an object at the destination that differs and is newer than the source stays as it is, and is the failure `DestinationNewer`. `always`: it is replaced.',
      ),
    multipart: multipart
      .default('keep')
      .describe(
        '`keep`: objects that were uploaded in parts are copied in the same parts, so that their ETag stays the same. `single`: by CopyObject, up to 5 GiB.',
      ),
    acl: acl
      .optional()
      .describe(
        'What each copy is given. `bucket-owner-full-control`: full control for the owner of the destination bucket. `copy`: the ACL of its source. Without it none; a bucket whose ACLs are off takes no other than `bucket-owner-full-control`.',
      ),
    objectLock: objectLock
      .optional()
      .describe('`copy`: retention and legal hold of each object, where its retention has not ended yet.'),
    archived: archived
      .default('skip')
      .describe(
        'What becomes of objects that must be restored before they can be read. `skip`: they are counted as archived. `restore`: the run restores them, waits, and copies them.',
      ),
    restoreDays: restoreDays
      .default(7)
      .describe('How long a restored object stays readable, with `archived: "restore"`.'),
    restoreTier: restoreTier
      .default('Bulk')
      .describe(
        'How fast S3 restores, with `archived: "restore"`: `Bulk`, `Standard` or `Expedited`. Bulk takes up to 48 hours and costs least.',
      ),
    versions: versions
      .default('current')
      .describe(
        '`current`: the newest version of each object. `all`: every version and delete marker, in order; the inventory must be one of all versions, and both buckets need versioning.',
      ),
    dryRun: z.boolean().default(false).describe('Compare and count, write nothing to the destination.'),
    maxPasses: z.int().min(1).max(100).default(5).describe('How often the loop of copy and verify may run.'),
    maxConcurrency: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe(
        'How many chunks are worked on at once. About five fill what S3 takes in one prefix, and more than the account’s concurrency of Lambda (1,000 unless raised) only fail.',
      ),
    requestsPerSecond: requestsPerSecond
      .optional()
      .describe(
        'The most that the run asks of its two buckets together, in requests a second. It is divided evenly among `maxConcurrency` workers, or among fewer, so that each has at least ten. Without it the run takes what S3 gives.',
      ),
    ...fences,
    scheduledTime: moment
      .optional()
      .describe(
        'The day that the schedule meant: it fills it in by itself when it starts a reconciliation, which hands it on to its run.',
      ),
  })
  .superRefine(({ minSize, maxSize, modifiedAfter, modifiedBefore }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
    if (minSize !== undefined && maxSize !== undefined && minSize > maxSize)
      refuse('minSize', 'expected at most maxSize, or no object could be meant');
    if (
      modifiedAfter !== undefined &&
      modifiedBefore !== undefined &&
      Date.parse(modifiedAfter) >= Date.parse(modifiedBefore)
    )
      refuse('modifiedAfter', 'expected a time before modifiedBefore, or no object could be meant');
  });

/** A request with its defaults filled in. */
export type RunRequest = z.infer<typeof runRequest>;
/** A request as a person writes it. */
export type RunRequestInput = z.input<typeof runRequest>;

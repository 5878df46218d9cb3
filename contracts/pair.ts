import * as z from 'zod';
import { engineIssues } from './batch-replication-issues.js';
import { fences } from './fence.js';
import { INVENTORY_FIELDS, USUAL_INVENTORY_FIELDS } from './inventory-columns.js';
import { liveIssues } from './live-issues.js';
import { keyPrefix, kmsKeyArn, roleArn, writableStorageClasses } from './location.js';
import { replicationIssues } from './replication-issues.js';
import { restoreIssues } from './restore-issues.js';
import { copyDefaults, destinationSettings, requestFilters, requestsPerSecond } from './run-request.js';
import { bucketAddress, isOverlap, isReachedByKeys, reachedAddress, reachIssues, roleIssues, side } from './side.js';
import { isTimeZone } from './time-of-day.js';

const inventoryPrefix = keyPrefix.refine((prefix) => !prefix.endsWith('/'), 'expected no closing slash');

/** Where S3 delivers an inventory, and what it holds: the tables of Athena are made of it. */
const inventory = bucketAddress.extend({
  prefix: inventoryPrefix.default('').describe('As in the inventory configuration, without a closing slash.'),
  configId: z.string().regex(/^[\w.-]{1,64}$/, 'expected the id of an inventory configuration'),
  kmsKeyArn: kmsKeyArn.optional(),
  format: z.enum(['CSV', 'Parquet', 'ORC']).default('CSV'),
  fields: z
    .array(z.enum(INVENTORY_FIELDS))
    .default([...USUAL_INVENTORY_FIELDS])
    .refine((fields) => new Set(fields).size === fields.length, 'expected each field once'),
});

/** The same as a deployed pair knows it: reached as its source is, where that has keys of its own. */
const inventoryPlace = reachedAddress.extend({
  prefix: z.string(),
  configId: z.string(),
  format: z.enum(['CSV', 'Parquet', 'ORC']).optional(),
  fields: z.array(z.string()).optional(),
});
export type InventoryPlace = z.infer<typeof inventoryPlace>;

/** How the daily reconciliation judges, where a pair does not say. */
export const RECONCILE_DEFAULTS = {
  /** Days. */
  maxInventoryAge: 3,
  /** Percent. */
  maxDifference: 5,
  /** Of one query: 1 TiB. */
  maxScannedBytes: 1_099_511_627_776,
};
const reconcile = z.strictObject({
  maxInventoryAge: z.int().min(1).max(30).default(RECONCILE_DEFAULTS.maxInventoryAge),
  maxDifference: z.number().min(0).max(100).default(RECONCILE_DEFAULTS.maxDifference),
  // Athena takes no less.
  maxScannedBytes: z.int().min(10_000_000).default(RECONCILE_DEFAULTS.maxScannedBytes),
});

/** Another bucket than the source that a restore may bring objects to. */
const restoreTarget = bucketAddress.extend({
  prefix: keyPrefix.optional(),
  /** Of what is restored to it, where that is to be encrypted with a key of KMS. */
  kmsKeyArn: kmsKeyArn.optional(),
});
const restore = z.strictObject({ to: z.array(restoreTarget).max(20).default([]) });

const schedule = z
  .strictObject({
    expression: z
      .string()
      .regex(
        /^(?:cron\((?:[\w*?,/#-]+ ){5}[\w*?,/#-]+\)|rate\([1-9]\d{0,4} (?:minute|hour|day)s?\))$/,
        'expected cron(minutes hours day month weekday year) or rate(value minutes|hours|days)',
      )
      .refine(
        (expression) =>
          !/^cron\((?:\S+ ){5}\S+\)$/.test(expression) || expression.match(/(?<= )\?(?= )/g)?.length === 1,
        'expected ? for the day or for the weekday, and not for both',
      ),
    timeZone: z.string().refine(isTimeZone, 'expected a time zone of the IANA database such as Europe/Berlin'),
  })
  .partial({ timeZone: true });

/** What S3's own replication does; the rule itself is infra's. */
const replication = z.strictObject({
  storageClass: z.enum(writableStorageClasses).optional(),
  deleteMarkers: z.boolean().default(false),
  metrics: z.boolean().default(false),
  timeControl: z.boolean().default(false),
  enableVersioning: z.boolean().default(false),
  priority: z.int().min(0).max(2_147_483_647).optional(),
  roleArn: roleArn.optional(),
});

/** A pair as `cdk.json` names it: what is deployed for one source and one destination. docs/deploy.md has the table of its fields. */
export const pair = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z](?:[a-z0-9-]{0,29}[a-z0-9])?$/, 'expected 1 to 31 lowercase letters, digits and hyphens')
      .refine(
        (name) => !name.endsWith('-reconcile'),
        'expected another name: with -reconcile, it is that of the reconciliation of another pair',
      )
      .refine(
        (name) => !name.endsWith(RESTORE),
        'expected another name: with -restore, it is that of the restore of another pair',
      )
      .describe(
        'Names the stack, the state machine `s3-backfill-<name>`, the metrics and the commands. It does not end in `-reconcile` or `-restore`.',
      ),
    source: side.describe(
      'Where the objects are: `{bucket, prefix?, region?, account?, kmsKeyArn?, roleArn?, externalId?, credentialsSecretArn?, credentialsSecretKmsKeyArn?, endpoint?}`. `account` is given where it is not the account of the stack. With a role, the source is read by it; it is assumed with the external id. With a secret, it is read by the access key in it.',
    ),
    destination: side
      .extend(destinationSettings)
      .describe(
        'Where they go: `{bucket, prefix?, region?, account?, kmsKeyArn?, bucketKeyEnabled?, storageClass?, roleArn?, externalId?, credentialsSecretArn?, credentialsSecretKmsKeyArn?, endpoint?}`. The source prefix is replaced by the destination prefix, and kept where there is none. Copies are encrypted with the key of KMS, where one is named. With a role, the destination is written by it; with a secret, by the access key in it; where that is not also how the source is read, the bytes are streamed.',
      ),
    inventory: inventory.describe(
      'Where S3 delivers the inventory of the source: `{bucket, prefix?, configId, format?, fields?, region?, account?, kmsKeyArn?}`. `format` is `CSV` (the default), `Parquet` or `ORC`. `fields` are its columns in the order of its `fileSchema`, without Bucket and Key: Athena reads a CSV by their places. Without it, `Size, LastModifiedDate, ETag, StorageClass, IsMultipartUploaded, EncryptionStatus, ChecksumAlgorithm`; an inventory that comes with others is not compared by Athena (`InventoryUnlike`).',
    ),
    destinationInventory: inventory
      .optional()
      .describe(
        'The same of the destination. With it, the daily reconciliation asks Athena for the difference; without it, the whole inventory of the source is compared by listing the destination.',
      ),
    reconcile: reconcile
      .prefault({})
      .describe(
        'How the daily reconciliation judges: `{maxInventoryAge?, maxDifference?, maxScannedBytes?}`. Inventories older than `maxInventoryAge` days (3) are not compared by Athena; where more than `maxDifference` percent (5) differ, the whole inventory is compared by listing; a query that would scan more than `maxScannedBytes` (1 TiB, about $5) is ended by Athena.',
      ),
    filters: requestFilters
      .optional()
      .describe(
        'Objects that the pair is about, where that is not all of them: any of `include`, `exclude`, `modifiedAfter`, `modifiedBefore`, `minSize`, `maxSize`, `storageClasses`, as in a request, which may name others.',
      ),
    schedule: schedule
      .default({ expression: 'cron(0 6 * * ? *)' })
      .describe(
        'When the daily reconciliation starts: `{expression, timeZone?}` in the words of EventBridge Scheduler.',
      ),
    maxConcurrency: z
      .int()
      .min(1)
      .max(10_000)
      .default(50)
      .describe('How many chunks are worked on at once, unless a request says otherwise.'),
    requestsPerSecond: requestsPerSecond
      .optional()
      .describe(
        'The most that a run asks of its two buckets together, in requests a second, unless a request says otherwise.',
      ),
    maxObjects: fences.maxObjects.describe('The most objects that a run copies, unless a request says otherwise.'),
    maxBytes: fences.maxBytes.describe('The most bytes that a run copies, unless a request says otherwise.'),
    stopAfter: fences.stopAfter.describe(
      'The time of day at which a run begins nothing more, unless a request says otherwise: `06:00`, or `06:00 Europe/Berlin`.',
    ),
    copy: copyDefaults
      .optional()
      .describe(
        'How its runs copy, unless a request says otherwise: any of `engine`, `proof`, `overwrite`, `multipart`, `acl`, `objectLock`, `archived`, `restoreDays`, `restoreTier`, `versions`. The roles may read and write ACLs and locks, restore, and start jobs of S3 Batch Replication, only where it is said here. With `engine: "none"` nothing may be written to the destination, and no request may ask for another engine.',
      ),
    live: z
      .enum(['replication', 'events'])
      .optional()
      .describe(
        'Keeps the destination up to date as the source changes, beside runs and the daily reconciliation: `replication` by S3 itself, `events` by a function that hears of each change. [live.md](live.md) says which fits. Without it there is none.',
      ),
    direction: z
      .enum(['one-way', 'both'])
      .default('one-way')
      .describe('`both`: what changes at the destination is brought to the source too. Only with `live`.'),
    replication: replication
      .optional()
      .describe(
        'How S3 replicates, only with `live: "replication"`: any of `storageClass` (of replicas; that of `destination` unless given), `deleteMarkers`, `metrics`, `timeControl` (all false; time control comes with metrics), `enableVersioning` (false: a deployment fails where versioning is off), `priority` (a free one unless given), `roleArn` (the role of the configuration that the source bucket has already, where others have rules there).',
      ),
    propagateDeletes: z
      .boolean()
      .default(false)
      .describe('Whether what is deleted on one side is deleted on the other. Only with `live: "events"`.'),
    restore: restore
      .optional()
      .describe(
        'Deploys a second state machine, `s3-backfill-<name>-restore`, with roles of its own, which brings objects back from the destination to the source: `{}`, or `{to: [{bucket, prefix?, region?, account?, kmsKeyArn?}]}` with other buckets that a restore may go to as well. Their prefix stands in the place of that of the source, which counts where there is none. See [restore.md](restore.md).',
      ),
    manageInventory: z
      .boolean()
      .default(false)
      .describe(
        'Adds the inventory configuration to the source bucket, and to the destination bucket where `destinationInventory` is given, and the statement that lets S3 deliver to the policy of the inventory bucket. Without it, and without `live`, no bucket of yours is changed.',
      ),
  })
  .superRefine((whole, context) => {
    const { name, source, destination, inventory, destinationInventory, manageInventory, restore } = whole;
    for (const issue of [...liveIssues(whole), ...replicationIssues(whole), ...engineIssues(whole)])
      context.addIssue({ code: 'custom', ...issue });
    if (restore)
      for (const issue of restoreIssues(name, source, destination, restore.to))
        context.addIssue({ code: 'custom', ...issue });
    if (isOverlap(source, destination))
      context.addIssue({
        code: 'custom',
        path: ['destination'],
        message: `expected a destination apart from the source; both are in ${source.bucket}, and one prefix begins with the other`,
      });
    for (const issue of [...roleIssues(source, destination), ...reachIssues(source, destination)])
      context.addIssue({ code: 'custom', ...issue });
    if (isReachedByKeys(source) && manageInventory)
      context.addIssue({
        code: 'custom',
        path: ['manageInventory'],
        message:
          'expected false: a bucket that is reached by the keys of a secret is not changed; add the inventory configuration to it yourself',
      });
    if (destinationInventory && (isReachedByKeys(source) || isReachedByKeys(destination)))
      context.addIssue({
        code: 'custom',
        path: ['destinationInventory'],
        message:
          'expected none: Athena reads inventories of its own partition, as the role that asks, and not by the keys of a secret; each day is compared by listing the destination',
      });
    for (const [name, { region, kmsKeyArn } = {}] of Object.entries({
      source,
      destination,
      inventory,
      destinationInventory,
    }))
      if (region !== undefined && kmsKeyArn !== undefined && kmsKeyArn.split(':')[3] !== region)
        context.addIssue({
          code: 'custom',
          path: [name, 'kmsKeyArn'],
          message: `expected a key of ${region}: a bucket is encrypted with a key of its own Region`,
        });
    for (const [name, side, place] of [
      ['inventory', source, inventory],
      ['destinationInventory', destination, destinationInventory],
    ] as const)
      if (place?.region !== undefined && side.region !== undefined && place.region !== side.region)
        context.addIssue({
          code: 'custom',
          path: [name, 'region'],
          message: `expected ${side.region}: S3 delivers an inventory in the Region of its source`,
        });
  });

export type Pair = z.infer<typeof pair>;
export type PairInput = z.input<typeof pair>;

/** The list of pairs in `cdk.json`, under context `backfill`. */
export const pairs = z
  .array(pair)
  .min(1)
  .superRefine((list, context) => {
    for (const [index, { name }] of list.entries())
      if (list.findIndex((each) => each.name === name) < index)
        context.addIssue({
          code: 'custom',
          path: [index, 'name'],
          message: `expected each name once; ${name} comes twice`,
        });
  });

/**
 * What a deployed state machine says of its pair, as JSON in the input of PrepareRun. One without buckets takes them from
 * each request: the engine of `run` and of the demonstration.
 */
export const deployedPair = z.object({
  name: z.string().min(1),
  bounds: z
    .object({
      source: side,
      destination: side.extend(destinationSettings),
      /** A restore has none: it lists what there is to bring back. */
      inventory: inventoryPlace.optional(),
      destinationInventory: inventoryPlace.optional(),
      reconcile: reconcile.optional(),
      filters: requestFilters.optional(),
      maxConcurrency: z.int(),
      requestsPerSecond: requestsPerSecond.optional(),
      ...fences,
      copy: copyDefaults.optional(),
      restore: restore.optional(),
      /** This is the restore of a pair (contracts/restore.ts): what a request may name in the place of the destination. */
      restoring: z.object({ to: z.array(side.extend(destinationSettings)) }).optional(),
    })
    .optional(),
});
export type DeployedPair = z.infer<typeof deployedPair>;
/** What runs of a state machine are bound to: those of a pair, or of its restore. */
export type RunBounds = NonNullable<DeployedPair['bounds']>;
/** The bounds of a pair itself. */
export type PairBounds = RunBounds & { inventory: InventoryPlace };

/** Where S3 delivers a pair's inventories of the source: the folder of its configuration, with a closing slash. */
export function inventoryFolder({ source, inventory }: Pick<PairBounds, 'source' | 'inventory'>): string {
  return deliveryFolder(source.bucket, inventory);
}

/** Where S3 delivers the inventories of a bucket: the folder of the configuration, with a closing slash. */
export function deliveryFolder(bucket: string, { prefix, configId }: Pick<InventoryPlace, 'prefix' | 'configId'>) {
  return `${prefix === '' ? '' : `${prefix}/`}${bucket}/${configId}/`;
}

/** Folder of the work bucket for manifests that are ours: of the self-test, and of lists that we make. */
export const OWN_MANIFESTS = 'manifests/';

/** Tags of a deployed pair's state machine: they say whose it is and where the rest of the pair is. */
export const pairTags = {
  pair: 's3-backfill:pair',
  workBucket: 's3-backfill:work-bucket',
  failureTable: 's3-backfill:failure-table',
  reconciliations: 's3-backfill:reconciliations',
} as const;

/** The state machine of a pair; `photos` has `s3-backfill-photos`. */
export function stateMachineName(pair: string): string {
  return `s3-backfill-${pair}`;
}

const RESTORE = '-restore';

/** The restore of a pair is a pair of its own, with the two sides swapped; `photos` has `photos-restore`. */
export function restoreName(pair: string): string {
  return `${pair}${RESTORE}`;
}

/** The state machine of a pair's daily reconciliation. */
export function reconcileMachineName(pair: string): string {
  return `${stateMachineName(pair)}-reconcile`;
}

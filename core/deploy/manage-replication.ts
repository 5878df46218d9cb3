import { isDeepStrictEqual } from 'node:util';
import type { ManagedReplication, ReplicationEvent } from '../../contracts/managed-replication.js';
import { BackfillError, StorageError } from '../errors.js';
import { type BucketReplication, withRule, withoutRule } from './replication-rule.js';

type Side = 'source' | 'destination';

/** The two buckets of a replication rule. Errors are StorageError. */
export interface ReplicationSetup {
  hasVersioning(replication: ManagedReplication, side: Side): Promise<boolean>;
  enableVersioning(replication: ManagedReplication, side: Side): Promise<void>;
  /** Of the source; undefined where it has none, or is not there. */
  read(replication: ManagedReplication): Promise<BucketReplication | undefined>;
  /** Undefined deletes it. */
  write(replication: ManagedReplication, configuration: BucketReplication | undefined): Promise<void>;
}

/**
 * Keeps the replication rule of a pair in the configuration of its bucket as the stack says it. Rules of others stay as they
 * are, and only ours is removed. What was replicated stays where it is.
 * Throws VersioningOff, ReplicationConflict.
 * @returns the resource's id: another bucket is another resource, and CloudFormation then deletes the old one
 */
export async function manageReplication(
  setup: ReplicationSetup,
  { RequestType, ResourceProperties: replication }: ReplicationEvent,
): Promise<{ PhysicalResourceId: string }> {
  if (RequestType === 'Delete') await change(setup, replication, (now) => now && withoutRule(now, replication));
  else {
    await expectVersioning(setup, replication);
    await change(setup, replication, (now) => withRule(now, replication));
  }
  return { PhysicalResourceId: `${replication.sourceBucket}/${replication.ruleId}` };
}

/**
 * Others may write the configuration between our look and our write: it is looked at again, and mended as often. No error
 * after that: S3's bucket settings are eventually consistent, so that what reads as before may have arrived.
 */
const MOST_TRIES = 5;

/** Writes only where something changes. */
async function change(
  setup: ReplicationSetup,
  replication: ManagedReplication,
  next: (now: BucketReplication | undefined) => BucketReplication | undefined,
): Promise<void> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const now = await setup.read(replication);
    const wanted = next(now);
    if (isDeepStrictEqual(wanted, now)) return;
    await write(setup, replication, wanted);
  }
}

async function write(
  setup: ReplicationSetup,
  replication: ManagedReplication,
  wanted: BucketReplication | undefined,
): Promise<void> {
  try {
    await setup.write(replication, wanted);
  } catch (error) {
    // The versioning of another account's bucket is S3's to look at.
    if (error instanceof StorageError && error.code === 'InvalidRequest' && /versioning/i.test(error.message))
      throw versioningOff([replication.destinationBucket], replication, error);
    throw error;
  }
}

/** S3 replicates versions: both buckets must have them. */
async function expectVersioning(setup: ReplicationSetup, replication: ManagedReplication): Promise<void> {
  const sides: Side[] = replication.isForeign ? ['source'] : ['source', 'destination'];
  const without: Side[] = [];
  for (const side of sides) if (!(await setup.hasVersioning(replication, side))) without.push(side);
  if (without.length === 0) return;
  if (!replication.enableVersioning)
    throw versioningOff(
      without.map((side) => (side === 'source' ? replication.sourceBucket : replication.destinationBucket)),
      replication,
    );
  for (const side of without) await setup.enableVersioning(replication, side);
}

function versioningOff(
  buckets: readonly string[],
  { isForeign, destinationBucket }: ManagedReplication,
  cause?: StorageError,
): BackfillError {
  const theirs = isForeign && buckets.includes(destinationBucket);
  const remedy = theirs
    ? 'Have its owner switch it on, then deploy again.'
    : 'Switch it on, or say replication.enableVersioning: true and the deployment does; it cannot be taken back, only suspended, and older versions are paid for until something removes them.';
  return new BackfillError(
    'VersioningOff',
    `Versioning is off on ${buckets.join(' and ')}, and S3 replicates between buckets that both have it. ${remedy}`,
    { cause },
  );
}

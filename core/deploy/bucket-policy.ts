import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { ManagedInventory } from '../../contracts/managed-inventory.js';
import { BackfillError } from '../errors.js';

/** A bucket's policy, of which we know no more than that statements may have an id. */
const policy = z.looseObject({
  Version: z.string().default('2012-10-17'),
  Statement: z
    .union([z.array(z.looseObject({ Sid: z.string().optional() })), z.looseObject({ Sid: z.string().optional() })])
    .transform((statements) => [statements].flat()),
});

/**
 * The id of our statement, one for each managed inventory: several share a bucket, and the one that replaces another is made
 * before that is deleted.
 */
export function statementId(resourceId: string): string {
  return `S3Backfill${createHash('sha256').update(resourceId).digest('hex').slice(0, 16)}`;
}

/**
 * A bucket's policy with our statement in it, or without: every other statement stays as it is.
 * @param text the policy as it is; undefined where the bucket has none
 * @param wanted undefined takes the statement away
 * @returns undefined where nothing is left
 * Throws where the policy is not one that we can read: it is then left alone.
 */
export function withStatement(text: string | undefined, sid: string, wanted: object | undefined): string | undefined {
  const current = parse(text);
  const others = current.Statement.filter(({ Sid }) => Sid !== sid);
  const statements = wanted ? [...others, { Sid: sid, ...wanted }] : others;
  return statements.length === 0 ? undefined : JSON.stringify({ ...current, Statement: statements });
}

/**
 * Lets S3 deliver this source's inventory under the configuration's prefix, and nothing else.
 * Source: Amazon S3 User Guide, "Permissions for S3 Inventory".
 */
export function deliveryStatement(inventory: ManagedInventory): object {
  const { partition, sourceBucket, sourceAccount, inventoryBucket, inventoryPrefix } = inventory;
  const folder = inventoryPrefix === '' ? '' : `${inventoryPrefix}/`;
  return {
    Effect: 'Allow',
    Principal: { Service: 's3.amazonaws.com' },
    Action: 's3:PutObject',
    Resource: `arn:${partition}:s3:::${inventoryBucket}/${folder}${sourceBucket}/*`,
    Condition: {
      ArnLike: { 'aws:SourceArn': `arn:${partition}:s3:::${sourceBucket}` },
      StringEquals: { 'aws:SourceAccount': sourceAccount, 's3:x-amz-acl': 'bucket-owner-full-control' },
    },
  };
}

function parse(text: string | undefined): z.infer<typeof policy> {
  if (text === undefined) return { Version: '2012-10-17', Statement: [] };
  try {
    return policy.parse(JSON.parse(text));
  } catch (cause) {
    throw new BackfillError(
      'BucketPolicyUnreadable',
      'Expected the policy of the inventory bucket to be JSON with statements; it was left as it is. Look at it in the console, or set manageInventory to false.',
      { cause },
    );
  }
}

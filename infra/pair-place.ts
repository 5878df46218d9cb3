import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Pair, PairBounds } from '../contracts/pair.js';

/**
 * The pair's buckets with the owner that each must have: the account that is named, else the stack's. S3 delivers an
 * inventory in its source's Region, and to its source's account unless told otherwise.
 */
export function boundsOf(scope: IConstruct, { source, destination, inventory, maxConcurrency }: Pair): PairBounds {
  const { account } = Stack.of(scope);
  const { kmsKeyArn: _, ...place } = inventory;
  return {
    source: { ...source, account: source.account ?? account },
    destination: { ...destination, account: destination.account ?? account },
    inventory: {
      ...(source.region === undefined ? {} : { region: source.region }),
      ...place,
      account: inventory.account ?? source.account ?? account,
    },
    maxConcurrency,
  };
}

/** The ARN of a bucket, in the partition of the stack. */
export function bucketArn(scope: IConstruct, bucket: string): string {
  return `arn:${Stack.of(scope).partition}:s3:::${bucket}`;
}

/** The ARN pattern of every object under a prefix; a prefix may hold what IAM takes for a pattern. */
export function objectsArn(scope: IConstruct, bucket: string, prefix = ''): string {
  return `${bucketArn(scope, bucket)}/${escapePattern(prefix)}*`;
}

/** `*`, `?` and `$` as themselves. Source: IAM User Guide, policy variables, "specifying special characters". */
function escapePattern(text: string): string {
  return text.replaceAll(/[*?$]/g, (character) => `\${${character}}`);
}

import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Pair, PairBounds } from '../contracts/pair.js';

/**
 * The pair's buckets with the owner that each must have: the account that is named, else the stack's. S3 delivers an
 * inventory in its source's Region, and to its source's account unless told otherwise.
 */
export function boundsOf(
  scope: IConstruct,
  { source, destination, inventory, maxConcurrency, requestsPerSecond, copy }: Pair,
): PairBounds {
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
    ...(requestsPerSecond === undefined ? {} : { requestsPerSecond }),
    ...(copy === undefined ? {} : { copy }),
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

/**
 * `*`, `?` and `$` as themselves, and `*` for what a policy cannot hold: it takes tab, line ends and U+0020 to U+00FF. Tokens
 * are left as they are: the names of buckets have none of these.
 * Source: IAM User Guide, policy variables, "specifying special characters"; IAM API, PutRolePolicy.
 */
function escapePattern(text: string): string {
  return text
    .split(/(\$\{Token\[[^\]]+\]\})/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part.replaceAll(/[*?$]/g, (character) => `\${${character}}`).replaceAll(/[^\t\n\r\u0020-\u00FF]+/gu, '*'),
    )
    .join('');
}

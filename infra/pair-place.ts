import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { athenaNames, athenaTables } from '../contracts/athena-tables.js';
import type { InventoryPlace, Pair, PairBounds } from '../contracts/pair.js';
import { isReachedByKeys } from '../contracts/side.js';
import { partitionOf } from '../contracts/partition.js';
import { isReplicated } from './expect-replicable.js';

/**
 * The Region that a pair's stack stands in, where the pair says so: the destination's, and the source's where the destination
 * is reached by keys of its own, since it is elsewhere, or where jobs of S3 Batch Replication are made.
 */
export function regionOf(pair: Pair): string | undefined {
  const { source, destination } = pair;
  return (isReplicated(pair) ? [source] : [destination, source]).find((side) => !isReachedByKeys(side))?.region;
}

/** A side's bucket as it is to be named to whoever gives out its keys: in the partition of its own Region. */
export function partitionOfSide(scope: IConstruct, { region, ...side }: Pair['source']): string {
  return isReachedByKeys(side) && region !== undefined ? partitionOf(region) : Stack.of(scope).partition;
}

/**
 * The pair's buckets with the owner that each must have: the account that is named, else the stack's; of one that is reached
 * by keys only a named one, for it is another's. S3 delivers an inventory in its source's Region, and to its source's account
 * unless told otherwise, and whoever reaches the one reaches the other.
 */
export function boundsOf(scope: IConstruct, pair: Pair): PairBounds {
  const { source, destination, inventory, destinationInventory, maxConcurrency, reconcile, restore } = pair;
  const { account } = Stack.of(scope);
  return {
    source: owned(source, account),
    destination: owned(destination, account),
    inventory: placeOf(inventory, source, account),
    ...(destinationInventory === undefined
      ? {}
      : { destinationInventory: placeOf(destinationInventory, destination, account) }),
    maxConcurrency,
    reconcile,
    ...(pair.requestsPerSecond === undefined ? {} : { requestsPerSecond: pair.requestsPerSecond }),
    ...(pair.maxObjects === undefined ? {} : { maxObjects: pair.maxObjects }),
    ...(pair.maxBytes === undefined ? {} : { maxBytes: pair.maxBytes }),
    ...(pair.stopAfter === undefined ? {} : { stopAfter: pair.stopAfter }),
    ...(pair.copy === undefined ? {} : { copy: pair.copy }),
    ...(pair.filters === undefined ? {} : { filters: pair.filters }),
    ...(restore === undefined
      ? {}
      : { restore: { to: restore.to.map((target) => ({ ...target, account: target.account ?? account })) } }),
  };
}

function owned<S extends Pair['source']>(side: S, account: string): S {
  return isReachedByKeys(side) ? side : { ...side, account: side.account ?? account };
}

function placeOf(inventory: Pair['inventory'], of: Pair['source'], account: string): InventoryPlace {
  const { kmsKeyArn: _, ...place } = inventory;
  const owner = inventory.account ?? of.account ?? (isReachedByKeys(of) ? undefined : account);
  return {
    ...(of.region === undefined ? {} : { region: of.region }),
    ...(of.credentialsSecretArn === undefined ? {} : { credentialsSecretArn: of.credentialsSecretArn }),
    ...(of.endpoint === undefined ? {} : { endpoint: of.endpoint }),
    ...place,
    ...(owner === undefined ? {} : { account: owner }),
  };
}

/** The ARN of a bucket, in the partition of the stack unless another is named. */
export function bucketArn(scope: IConstruct, bucket: string, partition = Stack.of(scope).partition): string {
  return `arn:${partition}:s3:::${bucket}`;
}

/** The ARN of the pair's workgroup in Athena. */
export function workGroupArn(scope: IConstruct, pair: string): string {
  return Stack.of(scope).formatArn({
    service: 'athena',
    resource: 'workgroup',
    resourceName: athenaNames(pair).workGroup,
  });
}

/** Glue's catalog and the pair's database, which whoever asks for a table asks for too. */
export function catalogArns(scope: IConstruct, pair: string): string[] {
  return ['catalog', `database/${athenaNames(pair).database}`].map((resource) => glueArn(scope, resource));
}

/** The tables that a reconciliation compares: of the inventories, and their views. */
export function comparedTableArns(scope: IConstruct, pair: string, bounds: PairBounds): string[] {
  const { database } = athenaNames(pair);
  return athenaTables(pair, bounds, '')
    .filter(({ Name }) => Name !== 'outcomes')
    .map(({ Name }) => glueArn(scope, `table/${database}/${Name}`));
}

function glueArn(scope: IConstruct, resource: string): string {
  return Stack.of(scope).formatArn({ service: 'glue', resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
}

/** The ARN pattern of every object under a prefix; a prefix may hold what IAM takes for a pattern. */
export function objectsArn(scope: IConstruct, bucket: string, prefix = '', partition?: string): string {
  return `${bucketArn(scope, bucket, partition)}/${escapePattern(prefix)}*`;
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

import { Stack } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { replicationRuleId, type ManagedReplicationInput } from '../contracts/managed-replication.js';
import type { Pair, PairBounds } from '../contracts/pair.js';
import { isKnownAsAnothers } from './other-account.js';

/** One side of a way, with the account that it belongs to. */
interface End {
  bucket: string;
  account: string;
  region?: string | undefined;
  kmsKeyArn?: string | undefined;
}

/** From one bucket to the other: a rule, and a role by which S3 carries it out. */
export interface ReplicationWay {
  /** Part of the names of what is made for it. */
  name: '' | 'Back';
  ruleId: string;
  from: End;
  to: End;
  /** The same on both sides: S3 keeps the keys. */
  prefix: string;
  /** Whether the two buckets are of different accounts. */
  isForeign: boolean;
  /** Whether the rule is for the owner of another account to put. */
  isTheirs: boolean;
  storageClass?: string | undefined;
}

/** The role of a way, and the construct where it is one of ours. */
export interface ReplicationRole {
  roleArn: string;
  made?: Role;
}

/** From the source to the destination, and back where changes go both ways. */
export function waysOf(scope: Construct, pair: Pair, bounds: PairBounds): ReplicationWay[] {
  const { account: own } = Stack.of(scope);
  const endOf = (side: 'source' | 'destination'): End => {
    const { bucket, account = own, region } = bounds[side];
    return { bucket, account, region, kmsKeyArn: pair[side].kmsKeyArn };
  };
  const [source, destination] = [endOf('source'), endOf('destination')];
  const shared = { prefix: bounds.source.prefix ?? '', isForeign: source.account !== destination.account };
  const forth: ReplicationWay = {
    name: '',
    ruleId: replicationRuleId(pair.name, 'forth'),
    from: source,
    to: destination,
    isTheirs: isKnownAsAnothers(scope, pair, 'source'),
    storageClass: pair.replication?.storageClass ?? pair.destination.storageClass,
    ...shared,
  };
  const back: ReplicationWay = {
    name: 'Back',
    ruleId: replicationRuleId(pair.name, 'back'),
    from: destination,
    to: source,
    isTheirs: isKnownAsAnothers(scope, pair, 'destination'),
    ...shared,
  };
  return pair.direction === 'both' ? [forth, back] : [forth];
}

/** What the custom resource is told, and what is printed for the owner of another account to put. */
export function propertiesOf(
  scope: Construct,
  pair: Pair,
  { ruleId, from, to, prefix, isForeign, storageClass }: ReplicationWay,
  roleArn: string,
): ManagedReplicationInput {
  const {
    deleteMarkers = false,
    metrics = false,
    timeControl = false,
    enableVersioning = false,
    priority,
  } = pair.replication ?? {};
  const flag = (value: boolean) => (value ? 'true' : 'false');
  return {
    pair: pair.name,
    ruleId,
    sourceBucket: from.bucket,
    sourceAccount: from.account,
    ...(from.region === undefined ? {} : { sourceRegion: from.region }),
    destinationBucket: to.bucket,
    destinationAccount: to.account,
    ...(to.region === undefined ? {} : { destinationRegion: to.region }),
    prefix,
    roleArn,
    isForeign: flag(isForeign),
    ...(priority === undefined ? {} : { priority: String(priority) }),
    ...(storageClass === undefined ? {} : { storageClass }),
    ...(from.kmsKeyArn === undefined || to.kmsKeyArn === undefined ? {} : { replicaKeyArn: to.kmsKeyArn }),
    deleteMarkers: flag(deleteMarkers),
    metrics: flag(metrics),
    timeControl: flag(timeControl),
    replicaModifications: flag(pair.direction === 'both'),
    enableVersioning: flag(enableVersioning),
    partition: Stack.of(scope).partition,
  };
}

import { replicationRule, type ManagedReplication } from '../../contracts/managed-replication.js';
import { BackfillError } from '../errors.js';

/** A rule of a bucket, of which we know no more than what tells it from ours. */
export interface BucketRule {
  ID?: string | undefined;
  Priority?: number | undefined;
  /** There in rules of the current schema. */
  Filter?: object | undefined;
}

/** The whole replication configuration of a bucket: S3 has no way to change a part of it. */
export interface BucketReplication {
  /** One role for all rules. */
  role: string;
  rules: readonly BucketRule[];
}

/**
 * The configuration with our rule in it: every other rule stays as it is.
 * Throws ReplicationConflict where the rules that are there leave no room for ours.
 */
export function withRule(current: BucketReplication | undefined, wanted: ManagedReplication): BucketReplication {
  const others = othersOf(current, wanted);
  if (current && others.length > 0) expectRoom(current.role, others, wanted);
  const ours = current?.rules.find(({ ID }) => ID === wanted.ruleId);
  return { role: wanted.roleArn, rules: [...others, replicationRule(wanted, priorityOf(others, ours, wanted))] };
}

/** The configuration without our rule; undefined where nothing is left. */
export function withoutRule(
  current: BucketReplication,
  wanted: Pick<ManagedReplication, 'ruleId'>,
): BucketReplication | undefined {
  const others = othersOf(current, wanted);
  return others.length === 0 ? undefined : { ...current, rules: others };
}

function othersOf(current: BucketReplication | undefined, { ruleId }: Pick<ManagedReplication, 'ruleId'>) {
  return (current?.rules ?? []).filter(({ ID }) => ID !== ruleId);
}

function expectRoom(role: string, others: readonly BucketRule[], wanted: ManagedReplication): void {
  const { sourceBucket, roleArn, priority } = wanted;
  const old = others.find(({ Filter }) => Filter === undefined);
  if (old)
    throw new BackfillError(
      'ReplicationConflict',
      `Bucket ${sourceBucket} has a replication rule ${old.ID ?? ''} of the old schema, without a Filter, and S3 takes no other beside it: expected rules with Filter, Priority and DeleteMarkerReplication. Put the old ones anew, then deploy again.`,
    );
  if (role !== roleArn)
    throw new BackfillError(
      'ReplicationConflict',
      `Bucket ${sourceBucket} has replication rules of others, which S3 carries out as the role ${role}, and it has one role for all rules: expected ${roleArn}. Name the role that is there in replication.roleArn, and add the permissions to it that the stack prints.`,
    );
  const taken = others.find(({ Priority }) => Priority === priority);
  if (priority !== undefined && taken)
    throw new BackfillError(
      'ReplicationConflict',
      `Bucket ${sourceBucket} has a replication rule ${taken.ID ?? ''} of the priority ${priority}: expected another one in replication.priority, or none, and one that is free is taken.`,
    );
}

/** The one that is asked for; else the one that we have, if it is still ours alone; else one above all others. */
function priorityOf(others: readonly BucketRule[], ours: BucketRule | undefined, { priority }: ManagedReplication) {
  if (priority !== undefined) return priority;
  const taken = others.map(({ Priority = 0 }) => Priority);
  if (ours?.Priority !== undefined && !taken.includes(ours.Priority)) return ours.Priority;
  return Math.max(0, ...taken) + 1;
}

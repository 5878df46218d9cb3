/** Where an object stands in replication; objects that no rule is about have no such state. Shared, so that many objects stay small. */
export interface ReplicationState {
  /** As `x-amz-replication-status` and inventories tell it. */
  readonly status: 'PENDING' | 'COMPLETED' | 'FAILED' | 'REPLICA';
  /** Whether S3 made it out of another bucket's; it stays one while a change to it is on its way. */
  readonly isReplica: boolean;
}

export const PENDING: ReplicationState = { status: 'PENDING', isReplica: false };
export const COMPLETED: ReplicationState = { status: 'COMPLETED', isReplica: false };
export const FAILED: ReplicationState = { status: 'FAILED', isReplica: false };
export const REPLICA: ReplicationState = { status: 'REPLICA', isReplica: true };
const PENDING_REPLICA: ReplicationState = { status: 'PENDING', isReplica: true };
const FAILED_REPLICA: ReplicationState = { status: 'FAILED', isReplica: true };

/** While something of an object is on its way. */
export const pending = (before: ReplicationState | undefined) => (before?.isReplica ? PENDING_REPLICA : PENDING);

/** When it has come to all destinations, or not. */
export function ended(before: ReplicationState | undefined, arrived: boolean): ReplicationState {
  if (before?.isReplica) return arrived ? REPLICA : FAILED_REPLICA;
  return arrived ? COMPLETED : FAILED;
}

import type { StorageClass } from '../stored-object.js';

/** What a bucket replicates, where to, and as whom. */
export interface ReplicationConfiguration {
  /** The ARN of the role that S3 acts as. */
  readonly role: string;
  readonly rules: readonly ReplicationRule[];
  /** The document that GetBucketReplication answers with. */
  readonly xml: string;
}

export interface ReplicationRule {
  readonly id: string;
  /** 1: the old schema, with a Prefix and without Filter; delete markers are always replicated. */
  readonly version: 1 | 2;
  readonly isEnabled: boolean;
  /** The higher wins where two rules have one destination; rules of the old schema have none. */
  readonly priority: number;
  readonly prefix: string;
  /** All of them have to be there. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly deleteMarkers: boolean;
  /** Whether objects under keys of KMS are replicated too. */
  readonly kmsObjects: boolean;
  /** Replica modification sync: changes to the metadata of replicas are replicated. */
  readonly replicaModifications: boolean;
  readonly destination: ReplicationDestination;
}

export interface ReplicationDestination {
  readonly bucket: string;
  /** Whose bucket it has to be: twelve digits. */
  readonly account?: string | undefined;
  /** The source's unless given. */
  readonly storageClass?: StorageClass | undefined;
  /** Whether replicas belong to the owner of the bucket; then ACLs stay behind. */
  readonly ownerOverride: boolean;
  /** The key of KMS for replicas of objects under KMS. */
  readonly replicaKey?: string | undefined;
}

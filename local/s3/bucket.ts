import type { BucketEncryption } from './encryption/bucket-encryption.js';
import type { MultipartUpload } from './multipart-upload.js';
import type { LockConfiguration } from './object-lock.js';
import type { ReplicationConfiguration } from './replication/configuration.js';
import { VersionedObjects } from './versioned-objects.js';

/** `Enforced`: ACLs are off, as S3 makes buckets by default. Else they may be sent; whose an object is makes no difference in one account. */
export const OWNERSHIPS = ['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter'] as const;

export type ObjectOwnership = (typeof OWNERSHIPS)[number];

/** Block Public Access, by the names of its settings. */
export const PUBLIC_ACCESS = [
  'BlockPublicAcls',
  'IgnorePublicAcls',
  'BlockPublicPolicy',
  'RestrictPublicBuckets',
] as const;

export type PublicAccessBlock = Readonly<Record<(typeof PUBLIC_ACCESS)[number], boolean>>;

export interface Bucket {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  ownership: ObjectOwnership;
  /** All on in a new bucket; undefined where it was removed. */
  publicAccessBlock: PublicAccessBlock | undefined;
  /** A website configuration, as it was sent. */
  website: string | undefined;
  /** There where Object Lock is on: for good. */
  objectLock?: LockConfiguration;
  readonly objects: VersionedObjects;
  readonly uploads: Map<string, MultipartUpload>;
  /** Inventory configurations by id, as they were sent. */
  readonly inventories: Map<string, string>;
  /** Of writes that name none; SSE-S3 where nobody configured it. */
  encryption?: BucketEncryption | undefined;
  replication?: ReplicationConfiguration | undefined;
  /** Whether EventBridge is told of what becomes of its objects. */
  notifiesEventBridge?: boolean;
  /** Whose it is, where that is not the engine's own account: twelve digits. */
  accountId?: string | undefined;
}

export function newBucket(name: string, createdAt: number, ownership: ObjectOwnership = 'BucketOwnerEnforced'): Bucket {
  const publicAccessBlock = ALL_BLOCKED;
  return {
    name,
    createdAt,
    ownership,
    publicAccessBlock,
    website: undefined,
    objects: new VersionedObjects(),
    uploads: new Map(),
    inventories: new Map(),
  };
}

const ALL_BLOCKED: PublicAccessBlock = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !/\.[.-]|-\./.test(name) &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !/^(xn--|sthree-|amzn-s3-demo-)/.test(name) &&
    !/(-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/.test(name)
  );
}

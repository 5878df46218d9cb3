import type { BucketEncryption } from './encryption/bucket-encryption.js';
import type { MultipartUpload } from './multipart-upload.js';
import { VersionedObjects } from './versioned-objects.js';

/** `Enforced`: ACLs are off, as S3 makes buckets by default. `Preferred`: they may be sent. */
export type ObjectOwnership = 'BucketOwnerEnforced' | 'BucketOwnerPreferred';

export interface Bucket {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly ownership: ObjectOwnership;
  readonly objects: VersionedObjects;
  readonly uploads: Map<string, MultipartUpload>;
  /** Inventory configurations by id, as they were sent. */
  readonly inventories: Map<string, string>;
  /** Of writes that name none; SSE-S3 where nobody configured it. */
  encryption?: BucketEncryption | undefined;
  /** Whose it is, where that is not the engine's own account: twelve digits. */
  accountId?: string | undefined;
}

export function newBucket(name: string, createdAt: number, ownership: ObjectOwnership = 'BucketOwnerEnforced'): Bucket {
  return { name, createdAt, ownership, objects: new VersionedObjects(), uploads: new Map(), inventories: new Map() };
}

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

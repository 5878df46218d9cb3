import type { MultipartUpload } from './multipart-upload.js';
import type { LockConfiguration } from './object-lock.js';
import { OrderedMap } from './ordered-map.js';
import type { StoredObject } from './stored-object.js';

/** `Enforced`: ACLs are off, as S3 makes buckets by default. `Preferred`: they may be sent. */
export type ObjectOwnership = 'BucketOwnerEnforced' | 'BucketOwnerPreferred';

/** A bucket without versioning. */
export interface Bucket {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly ownership: ObjectOwnership;
  /** There where Object Lock is on: for good, since the bucket was made. */
  objectLock?: LockConfiguration;
  readonly objects: OrderedMap<StoredObject>;
  readonly uploads: Map<string, MultipartUpload>;
  /** Inventory configurations by id, as they were sent. */
  readonly inventories: Map<string, string>;
}

export function newBucket(name: string, createdAt: number, ownership: ObjectOwnership = 'BucketOwnerEnforced'): Bucket {
  return { name, createdAt, ownership, objects: new OrderedMap(), uploads: new Map(), inventories: new Map() };
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

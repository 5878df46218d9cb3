import { type AccessControlList, type CannedAcl, cannedAcl, storedAcl } from './acl.js';
import type { ArchiveTier } from './archive.js';
import type { Bucket } from './bucket.js';
import { type Held, heldOf } from './held.js';
import type { ObjectLock } from './object-lock.js';
import type { StorageClass } from './stored-object.js';

/** What an object that is put in process may have, if its bucket takes it. */
export interface HeldOptions {
  /** Where Intelligent-Tiering has put it away; for objects of that class only. */
  archiveTier?: ArchiveTier;
  /** Times in milliseconds since the epoch; one that is past is taken here. The bucket's default retention is not applied. */
  objectLock?: ObjectLock;
  /** Public ones are taken here whether or not they are blocked. */
  acl?: CannedAcl | AccessControlList;
}

/** @throws Error where the bucket, or the storage class, does not go with them */
export function heldByOptions(
  { storageClass, archiveTier, objectLock: lock, acl }: HeldOptions & { storageClass?: StorageClass },
  bucket: Bucket,
  ownerId: string,
): Held | undefined {
  if (archiveTier && storageClass !== 'INTELLIGENT_TIERING')
    throw new Error(`Expected INTELLIGENT_TIERING for an archive tier; got ${storageClass ?? 'STANDARD'}.`);
  if (lock && !bucket.objectLock)
    throw new Error(`Expected a bucket with Object Lock for an object that is locked; ${bucket.name} has none.`);
  if (acl && bucket.ownership === 'BucketOwnerEnforced')
    throw new Error(`Expected a bucket with ACLs for an object that has one; ${bucket.name} has them off.`);
  const grants = typeof acl === 'string' ? cannedAcl(acl, ownerId) : acl;
  return heldOf({ archiveTier, lock, acl: storedAcl(grants, ownerId) });
}

import { inventoryAcl } from './acl-answers.js';
import { aclOf, ownersAcl } from './acl.js';
import { archiveState } from './archive.js';
import type { Bucket } from './bucket.js';
import { encryptionOf, isKms } from './encryption/encryption.js';
import { INVENTORY_FIELDS, type InventoryField, type InventoryRow } from './inventory-columns.js';
import type { ObjectLock } from './object-lock.js';
import { onOff } from './object-lock-headers.js';
import { isoTime } from './s3-call.js';
import type { StoredObject } from './stored-object.js';
import { type DeleteMarker, isDeleteMarker } from './versioned-objects.js';

/** Whether an inventory with these columns is one of all versions. */
export function listsVersions(schema: readonly string[]): boolean {
  return VERSION_FIELDS.some((field) => schema.includes(field));
}

export const VERSION_FIELDS: readonly InventoryField[] = ['VersionId', 'IsLatest', 'IsDeleteMarker'];

const UNUSUAL_FIELDS = new Set<InventoryField>([
  ...VERSION_FIELDS,
  'ObjectAccessControlList',
  'ObjectOwner',
  'LifecycleExpirationDate',
]);

/** The columns of a delivery that asks for nothing else: current versions with all that S3 offers of them but owner, ACL and expiry. */
export const USUAL_FIELDS = INVENTORY_FIELDS.filter((field) => !UNUSUAL_FIELDS.has(field));

/** A bucket's objects as inventory rows, in key order; all of their versions and delete markers, newest first in a key. */
export function inventoryRows(
  bucket: Bucket,
  ownerId: string,
  now: number,
  versions: 'current' | 'all' = 'current',
): InventoryRow[] {
  const owner = { ownerId, acl: inventoryAcl(ownersAcl(ownerId)) };
  if (versions === 'current')
    return Array.from(bucket.objects.entries(), ([key, object]) => rowOf(bucket, key, object, owner, now));
  const rows: InventoryRow[] = [];
  for (const [key, stack] of bucket.objects.stacks()) {
    for (const version of stack) {
      const row = isDeleteMarker(version)
        ? markerRow(bucket.name, key, version)
        : rowOf(bucket, key, version, owner, now);
      rows.push(version === stack[0] ? row : { ...row, IsLatest: false });
    }
  }
  return rows;
}

/** A delete marker has neither size nor ETag. That it has no storage class, encryption and the like either is a guess. */
function markerRow(bucketName: string, key: string, { versionId = '', lastModified }: DeleteMarker): InventoryRow {
  return {
    Bucket: bucketName,
    Key: key,
    VersionId: versionId,
    IsLatest: true,
    IsDeleteMarker: true,
    LastModifiedDate: isoTime(lastModified),
  };
}

function rowOf(
  bucket: Bucket,
  key: string,
  object: StoredObject,
  owner: { ownerId: string; acl: string },
  now: number,
): InventoryRow {
  const { content, storageClass, lastModified } = object;
  const encryption = encryptionOf(object);
  const row: InventoryRow = {
    Bucket: bucket.name,
    Key: key,
    VersionId: object.versionId ?? '',
    IsLatest: true,
    IsDeleteMarker: false,
    Size: content.body.size,
    LastModifiedDate: isoTime(lastModified),
    ETag: content.etag,
    StorageClass: storageClass,
    IsMultipartUploaded: content.parts.length > 0,
    ReplicationStatus: object.replication?.status ?? '',
    EncryptionStatus: encryption.kind,
    IntelligentTieringAccessTier: storageClass === 'INTELLIGENT_TIERING' ? accessTier(object, now) : '',
    BucketKeyStatus: isKms(encryption) && encryption.bucketKey ? 'ENABLED' : 'DISABLED',
    ChecksumAlgorithm: content.checksumAlgorithm ?? '',
    ObjectAccessControlList: object.acl ? inventoryAcl(aclOf(bucket, object, owner.ownerId)) : owner.acl,
    ObjectOwner: owner.ownerId,
  };
  return object.lock ? { ...row, ...lockColumns(object.lock) } : row;
}

/** That they are written as S3's API writes them is a guess: AWS's page on inventories spells them `Governance` and `On`. */
function lockColumns({ mode, retainUntil, legalHold }: ObjectLock): Partial<InventoryRow> {
  return {
    ...(mode && { ObjectLockMode: mode, ObjectLockRetainUntilDate: isoTime(retainUntil) }),
    ObjectLockLegalHoldStatus: onOff(legalHold === true),
  };
}

/** An object that is on its way back is still where it was. */
function accessTier(object: StoredObject, now: number): string {
  const state = archiveState(object, now);
  return state.kind === 'active' ? 'FREQUENT' : state.archive.replace('_ACCESS', '');
}

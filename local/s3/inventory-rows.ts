import type { Bucket } from './bucket.js';
import { encryptionOf, isKms } from './encryption/encryption.js';
import type { InventoryField, InventoryRow } from './inventory-files.js';
import { isoTime } from './s3-call.js';
import type { StoredObject } from './stored-object.js';

/** The columns of a delivery that asks for nothing else: current versions with all that S3 offers of them but owner and ACL. */
export const USUAL_FIELDS: readonly InventoryField[] = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'ReplicationStatus',
  'EncryptionStatus',
  'ObjectLockRetainUntilDate',
  'ObjectLockMode',
  'ObjectLockLegalHoldStatus',
  'IntelligentTieringAccessTier',
  'BucketKeyStatus',
  'ChecksumAlgorithm',
];

/** A bucket's objects as inventory rows, in key order. */
export function inventoryRows(bucket: Bucket, ownerId: string): InventoryRow[] {
  const owner = { ownerId, acl: accessControlList(ownerId) };
  return Array.from(bucket.objects.entries(), ([key, object]) => rowOf(bucket.name, key, object, owner));
}

function rowOf(
  bucketName: string,
  key: string,
  object: StoredObject,
  owner: { ownerId: string; acl: string },
): InventoryRow {
  const { content, storageClass, lastModified } = object;
  const encryption = encryptionOf(object);
  return {
    Bucket: bucketName,
    Key: key,
    VersionId: '',
    IsLatest: true,
    IsDeleteMarker: false,
    Size: content.body.size,
    LastModifiedDate: isoTime(lastModified),
    ETag: content.etag,
    StorageClass: storageClass,
    IsMultipartUploaded: content.parts.length > 0,
    EncryptionStatus: encryption.kind,
    IntelligentTieringAccessTier: storageClass === 'INTELLIGENT_TIERING' ? 'FREQUENT' : '',
    BucketKeyStatus: isKms(encryption) && encryption.bucketKey ? 'ENABLED' : 'DISABLED',
    ChecksumAlgorithm: content.checksumAlgorithm ?? '',
    ObjectAccessControlList: owner.acl,
    ObjectOwner: owner.ownerId,
  };
}

function accessControlList(ownerId: string): string {
  const grants = [{ canonicalId: ownerId, type: 'CanonicalUser', permission: 'FULL_CONTROL' }];
  return Buffer.from(JSON.stringify({ version: '2022-11-10', status: 'AVAILABLE', grants })).toString('base64');
}

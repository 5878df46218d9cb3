import type { Bucket } from './bucket.js';
import type { InventoryField, InventoryRow } from './inventory-files.js';
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
  return Array.from(bucket.objects.entries(), ([key, object]) => rowOf(bucket.name, key, object, ownerId));
}

function rowOf(bucketName: string, key: string, object: StoredObject, ownerId: string): InventoryRow {
  const { content, storageClass, lastModified } = object;
  return {
    Bucket: bucketName,
    Key: key,
    VersionId: '',
    IsLatest: true,
    IsDeleteMarker: false,
    Size: content.body.size,
    LastModifiedDate: new Date(lastModified).toISOString(),
    ETag: content.etag,
    StorageClass: storageClass,
    IsMultipartUploaded: content.parts.length > 0,
    EncryptionStatus: 'SSE-S3',
    IntelligentTieringAccessTier: storageClass === 'INTELLIGENT_TIERING' ? 'FREQUENT' : '',
    BucketKeyStatus: 'DISABLED',
    ChecksumAlgorithm: content.checksumAlgorithm ?? '',
    ObjectAccessControlList: accessControlList(ownerId),
    ObjectOwner: ownerId,
  };
}

function accessControlList(ownerId: string): string {
  const grants = [{ canonicalId: ownerId, type: 'CanonicalUser', permission: 'FULL_CONTROL' }];
  return Buffer.from(JSON.stringify({ version: '2022-11-10', status: 'AVAILABLE', grants })).toString('base64');
}

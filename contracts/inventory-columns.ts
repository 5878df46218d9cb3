/**
 * Columns of an S3 Inventory beside Bucket and Key, in the order in which S3 writes them, as a CSV's `fileSchema` names them.
 * Source: Amazon S3 API, InventoryConfiguration, OptionalFields; VersionId, IsLatest and IsDeleteMarker with all versions.
 */
export const INVENTORY_FIELDS = [
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
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
  'ObjectAccessControlList',
  'ObjectOwner',
  'LifecycleExpirationDate',
] as const;
export type InventoryField = (typeof INVENTORY_FIELDS)[number];

/** What the inventory that a stack manages has, in S3's order: what a run, and who reads the tables, will ask for. */
export const USUAL_INVENTORY_FIELDS = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'ChecksumAlgorithm',
] as const satisfies readonly InventoryField[];

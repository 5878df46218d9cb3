/** One object version that a manifest names, decoded. Times are milliseconds since the epoch. */
export interface Row {
  /** Decoded; sorted and compared as UTF-8 bytes. */
  readonly key: string;
  /** Empty where the inventory has none, or for the null version. */
  readonly versionId: string;
  /** Bytes. Undefined, as the time is, where the inventory has no such column. */
  readonly size: number | undefined;
  /** Without quotes; empty where the inventory has none. */
  readonly etag: string;
  readonly lastModified: number | undefined;
  /** Empty where the inventory has none. */
  readonly storageClass: string;
  /** EncryptionStatus as the inventory writes it: `SSE-S3`, `SSE-KMS`, `DSSE-KMS`, `SSE-C`, `NOT-SSE`, or empty. */
  readonly encryption: string;
  readonly isLatest: boolean;
  readonly isDeleteMarker: boolean;
}

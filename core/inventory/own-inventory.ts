import { createHash } from 'node:crypto';
import type { InventoryManifest } from '../../contracts/manifest.js';

/** An inventory that is ours, in S3 Inventory's layout: the pipeline reads it as it reads S3's. */
export interface OwnInventory {
  sourceBucket: string;
  /** The bucket that it lies in, which a manifest has to name. */
  bucket: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  columns: readonly string[];
  files: InventoryManifest['files'];
}

/**
 * `manifest.json` and what `manifest.checksum` says of it.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function manifestOf({ sourceBucket, bucket, createdAt, columns, files }: OwnInventory): {
  body: Buffer;
  checksum: string;
} {
  const manifest: InventoryManifest = {
    sourceBucket,
    destinationBucket: `arn:aws:s3:::${bucket}`,
    version: '2016-11-30',
    creationTimestamp: String(createdAt),
    fileFormat: 'CSV',
    fileSchema: columns.join(', '),
    files,
  };
  const body = Buffer.from(JSON.stringify(manifest));
  return { body, checksum: createHash('md5').update(body).digest('hex') };
}

/** Where it lies under its configuration's folder, which ends in a slash: `2026-01-31T00-00Z/manifest.json`. */
export function manifestKey(home: string, createdAt: number): string {
  const time = new Date(createdAt).toISOString();
  return `${home}${time.slice(0, 10)}T${time.slice(11, 13)}-${time.slice(14, 16)}Z/manifest.json`;
}

/** Of `…/manifest.json`; S3 writes it last, and it says that the rest is whole. */
export function checksumKey(manifestKey: string): string {
  return manifestKey.replace(/json$/, 'checksum');
}

/** A line in the dialect of S3 Inventory, without its newline. */
export function inventoryLine(fields: readonly (string | number)[]): string {
  return fields.map((field) => `"${String(field).replaceAll('"', '""')}"`).join(',');
}

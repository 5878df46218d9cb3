import type { InventoryManifest } from '../../../contracts/manifest.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import type { ResolvedManifest } from '../../../contracts/run.js';
import { BackfillError } from '../../errors.js';
import { isAsOf } from '../../inventory/listing/data-file.js';
import { parseMessage, parseSchema } from '../../inventory/schema.js';
import type { FileStore } from '../../ports.js';
import { readInventory, type InventoryAddress } from './read-inventory.js';
import type { ManifestFiles } from './resolve-manifest.js';

/** An S3 Inventory of the source, in a format and with the columns that the request needs. */
export async function resolveInventory(
  openBucket: (bucket: string) => FileStore,
  request: RunRequest,
  address: InventoryAddress,
): Promise<ManifestFiles<Extract<ResolvedManifest, { kind: 'inventory' }>>> {
  const { bucket, key, name, manifest } = await readInventory(openBucket, address);
  const format = formatOf(manifest, name);
  expectSource(manifest, request, name);
  const parse = format === 'CSV' ? parseSchema : parseMessage;
  const columns = parse(manifest.fileSchema, request, name);
  const files = manifest.files.map((file, index) => ({
    file: index,
    key: file.key,
    size: file.size,
    md5: file.MD5checksum,
  }));
  return {
    manifest: {
      kind: 'inventory',
      bucket,
      key,
      createdAt: Number(manifest.creationTimestamp),
      columns,
      ...(format === 'CSV' ? {} : { format }),
      ...(isAsOf(columns) ? { pinned: true } : {}),
    },
    // The Map that reads files.jsonl takes no empty file.
    files: files.length > 0 ? files : [{ file: 0 }],
  };
}

function formatOf({ fileFormat }: InventoryManifest, name: string): 'CSV' | 'Parquet' {
  if (fileFormat !== 'ORC') return fileFormat;
  throw new BackfillError(
    'ManifestUnsupported',
    `${name}: expected fileFormat CSV or Parquet, found ORC. Set the inventory configuration to CSV and wait for the next delivery.`,
  );
}

/** A manifest never chooses buckets. */
function expectSource({ sourceBucket }: InventoryManifest, { source }: RunRequest, name: string): void {
  if (sourceBucket !== source.bucket)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: expected an inventory of ${source.bucket}, which the request names; its sourceBucket is another one. Name the inventory of the source bucket.`,
    );
}

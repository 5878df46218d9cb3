import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { checksumKey, inventoryLine, manifestKey, manifestOf } from '../inventory/own-inventory.js';
import { encodeKey } from '../keys.js';
import type { ObjectState } from '../ports.js';

/** An inventory of a few objects, whole in memory. */
export interface OwnManifest {
  /** Name of the manifest below the folder that the inventory lies in. */
  name: string;
  /** In the order in which S3 writes them: the checksum comes last and says that the rest is whole. */
  files: { name: string; body: Buffer }[];
}

const COLUMNS = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag'];

/**
 * Lists objects of a source as S3 Inventory would: gzipped CSV, `manifest.json`, `manifest.checksum`.
 * @param lyingIn the bucket that it will lie in, which a manifest has to name
 */
export function ownManifest(
  objects: readonly ObjectState[],
  { sourceBucket, lyingIn, now }: { sourceBucket: string; lyingIn: { bucket: string; folder: string }; now: number },
): OwnManifest {
  const home = `${sourceBucket}/own/`;
  const lines = objects.map(({ key, size, lastModified, etag }) =>
    inventoryLine([sourceBucket, encodeKey(key), size, new Date(lastModified).toISOString(), etag]),
  );
  const data = { name: `${home}data/0.csv.gz`, body: gzipSync(lines.map((line) => `${line}\n`).join('')) };
  const files = objects.length > 0 ? [data] : [];
  const { body, checksum } = manifestOf({
    sourceBucket,
    bucket: lyingIn.bucket,
    createdAt: now,
    columns: COLUMNS,
    files: files.map((file) => ({
      key: `${lyingIn.folder}${file.name}`,
      size: file.body.length,
      MD5checksum: createHash('md5').update(file.body).digest('hex'),
    })),
  });
  const name = manifestKey(home, now);
  return { name, files: [...files, { name, body }, { name: checksumKey(name), body: Buffer.from(checksum) }] };
}

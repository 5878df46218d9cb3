import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { encodeKey } from '../keys.js';
import type { ObjectState } from '../ports.js';

/** An inventory of our own, in S3 Inventory's layout: the pipeline reads it as it reads S3's. */
export interface OwnManifest {
  /** Name of the manifest below the folder that the inventory lies in. */
  name: string;
  /** In the order in which S3 writes them: the checksum comes last and says that the rest is whole. */
  files: { name: string; body: Buffer }[];
}

const SCHEMA = 'Bucket, Key, Size, LastModifiedDate, ETag';

/**
 * Lists objects of a source as S3 Inventory would: gzipped CSV, `manifest.json`, `manifest.checksum`.
 * @param lyingIn the bucket that it will lie in, which a manifest has to name
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function ownManifest(
  objects: readonly ObjectState[],
  { sourceBucket, lyingIn, now }: { sourceBucket: string; lyingIn: { bucket: string; folder: string }; now: number },
): OwnManifest {
  const home = `${sourceBucket}/own`;
  const time = new Date(now).toISOString();
  const data = { name: `${home}/data/0.csv.gz`, body: gzipSync(objects.map(csvLine(sourceBucket)).join('')) };
  const files = objects.length > 0 ? [data] : [];
  const manifest = Buffer.from(
    JSON.stringify({
      sourceBucket,
      destinationBucket: `arn:aws:s3:::${lyingIn.bucket}`,
      version: '2016-11-30',
      creationTimestamp: String(now),
      fileFormat: 'CSV',
      fileSchema: SCHEMA,
      files: files.map(({ name, body }) => ({
        key: `${lyingIn.folder}${name}`,
        size: body.length,
        MD5checksum: md5(body),
      })),
    }),
  );
  const dated = `${home}/${time.slice(0, 10)}T${time.slice(11, 13)}-${time.slice(14, 16)}Z`;
  const name = `${dated}/manifest.json`;
  return {
    name,
    files: [
      ...files,
      { name, body: manifest },
      { name: `${dated}/manifest.checksum`, body: Buffer.from(md5(manifest)) },
    ],
  };
}

function csvLine(bucket: string) {
  return ({ key, size, lastModified, etag }: ObjectState) =>
    `"${bucket}","${encodeKey(key)}","${size}","${new Date(lastModified).toISOString()}","${etag}"\n`;
}

function md5(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

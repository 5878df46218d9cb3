import { createHash } from 'node:crypto';
import { inventoryFiles } from '../../local/s3/inventory-files.js';
import type { BareS3, Stored } from './bare-s3.js';

const FOLDER_OBJECTS = 1000;
const SMALL = 1024;
const LAST_YEAR = Date.parse('2025-06-01T00:00:00Z');

/** Small objects in folders of 1,000, no two alike; one key in a hundred has a space and a letter beyond ASCII. */
export function fill(s3: BareS3, bucketName: string, objects: number): void {
  const bucket = s3.bucket(bucketName);
  for (let n = 0; n < objects; n += 1) bucket.set(keyOf(n), { ...stateOf(n), headers: HEADERS });
}

const HEADERS = 'Content-Type: image/jpeg\r\n';

export function stateOf(n: number): Pick<Stored, 'size' | 'etag' | 'lastModified'> {
  return { size: SMALL, etag: createHash('md5').update(`${n}`).digest('hex'), lastModified: LAST_YEAR + n * 1000 };
}

/** Rises with `n`, in UTF-8 byte order. */
export function keyOf(n: number): string {
  const folder = String(Math.floor(n / FOLDER_OBJECTS)).padStart(6, '0');
  const name = n % 100 === 50 ? 'Straße 7' : 'IMG';
  return `photos/2025/${folder}/${String(n % FOLDER_OBJECTS).padStart(4, '0')}-${name}.jpg`;
}

/** What a copy of the whole bucket would have left, but for one object in `withoutEvery`. */
export function fillFrom(s3: BareS3, from: string, to: string, withoutEvery: number | undefined): void {
  const target = s3.bucket(to);
  const lastModified = Math.floor(Date.now() / 1000) * 1000;
  let n = 0;
  for (const [key, object] of s3.bucket(from).entries()) {
    n += 1;
    if (withoutEvery === undefined || n % withoutEvery !== 0) target.set(key, { ...object, lastModified });
  }
}

const FIELDS = ['Size', 'LastModifiedDate', 'ETag', 'StorageClass', 'IsMultipartUploaded', 'EncryptionStatus'] as const;

/** Delivers an inventory of a bucket; answers the key of its manifest. */
export function deliver(s3: BareS3, source: string, to: string): string {
  const rows = Array.from(s3.bucket(source).entries(), ([key, { size, etag, lastModified }]) => ({
    Bucket: source,
    Key: key,
    Size: size,
    LastModifiedDate: new Date(lastModified).toISOString(),
    ETag: etag,
    StorageClass: 'STANDARD',
    IsMultipartUploaded: false,
    EncryptionStatus: 'SSE-S3',
  }));
  const { manifestKey, objects } = inventoryFiles(rows, {
    sourceBucket: source,
    destinationBucket: to,
    prefix: 'inventory',
    configId: 'every-object',
    schema: ['Bucket', 'Key', ...FIELDS],
    files: 2,
    order: 'asGiven',
    at: Date.now(),
  });
  const bucket = s3.bucket(to);
  for (const { key, body, contentType } of objects) {
    const etag = createHash('md5').update(body).digest('hex');
    const headers = `Content-Type: ${contentType}\r\n`;
    bucket.set(key, { size: body.length, etag, lastModified: Date.now(), body, headers });
  }
  return manifestKey;
}

/** How many objects of one bucket are in the other one as well, by size and ETag. */
export function countArrived(s3: BareS3, from: string, to: string): number {
  const target = s3.bucket(to);
  let arrived = 0;
  for (const [key, { size, etag }] of s3.bucket(from).entries()) {
    const copy = target.get(key);
    if (copy?.size === size && copy.etag === etag) arrived += 1;
  }
  return arrived;
}

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../seeded-random.js';
import type { InventoryField, InventoryRow } from './inventory-columns.js';
import { parquetFiles, parquetSchema } from './inventory-parquet.js';
import { encodeKey } from './key-encoding.js';

/** What is delivered, and where. */
export interface InventoryOptions {
  /** The source: the bucket that is listed. */
  bucket: string;
  destinationBucket: string;
  /** Of the destination. */
  prefix?: string;
  configId: string;
  /** How many data files; 1. */
  files?: number;
  /** Columns beside Bucket and Key; `VersionId`, `IsLatest` and `IsDeleteMarker` make it one of all versions. */
  fields?: readonly string[];
  /** `false` mixes the rows over and within files. */
  sorted?: boolean;
  /** Milliseconds since the epoch; the clock's time. */
  at?: number;
}

export interface InventoryDelivery {
  sourceBucket: string;
  /** A name; the manifest holds its ARN, in this partition: `aws` unless another is named. */
  destinationBucket: string;
  partition?: string;
  /** Of the destination, without a slash at its end; empty for none. */
  prefix: string;
  configId: string;
  schema: readonly InventoryField[];
  /** Over how many data files the rows are spread. */
  files: number;
  /** `shuffled` mixes rows over and within files, the same way every time: S3 promises no order. */
  order: 'asGiven' | 'shuffled';
  /** Milliseconds since the epoch; in the names of the delivery and in its manifest. */
  at: number;
}

/** What a delivery writes, in S3's order: the checksum of the manifest is last and makes it complete. */
export interface InventoryFiles {
  manifestKey: string;
  checksumKey: string;
  dataKeys: string[];
  objects: { key: string; body: Buffer; contentType: string }[];
}

/**
 * Rows and a schema as an S3 Inventory in CSV: data files, Hive symlinks, manifest and its checksum, in S3's own layout.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory-location.html
 */
export function inventoryFiles(rows: readonly InventoryRow[], delivery: InventoryDelivery): InventoryFiles {
  const bodies = rowsOfFiles(rows, delivery).map((each) => gzipSync(csv(each, delivery.schema), { level: 4 }));
  return filesOf(delivery, { name: 'CSV', ending: 'csv.gz', schema: delivery.schema.join(', ') }, bodies);
}

/** The same in Parquet. */
export async function parquetInventoryFiles(
  rows: readonly InventoryRow[],
  delivery: InventoryDelivery,
): Promise<InventoryFiles> {
  const bodies = await parquetFiles(rowsOfFiles(rows, delivery), delivery.schema);
  return filesOf(delivery, { name: 'Parquet', ending: 'parquet', schema: parquetSchema(delivery.schema) }, bodies);
}

interface FileFormat {
  /** As the manifest says it. */
  name: 'CSV' | 'Parquet';
  ending: string;
  /** The manifest's fileSchema. */
  schema: string;
}

/** Which rows are in which file; the last files may be left out. */
function rowsOfFiles(rows: readonly InventoryRow[], { files, order }: InventoryDelivery): (readonly InventoryRow[])[] {
  const ordered = order === 'shuffled' ? shuffle(rows) : rows;
  const perFile = Math.max(1, Math.ceil(ordered.length / files));
  return Array.from({ length: files }, (_, index) => ordered.slice(index * perFile, (index + 1) * perFile)).filter(
    (each, index) => index === 0 || each.length > 0,
  );
}

function filesOf(delivery: InventoryDelivery, format: FileFormat, bodies: readonly Buffer[]): InventoryFiles {
  const root = [delivery.prefix, delivery.sourceBucket, delivery.configId].filter((part) => part !== '').join('/');
  const data = bodies.map((body, index) => ({
    key: `${root}/data/${fileName(delivery, index)}.${format.ending}`,
    body,
    contentType: 'application/octet-stream',
  }));
  const time = new Date(delivery.at).toISOString();
  const [day, hour, minute] = [time.slice(0, 10), time.slice(11, 13), time.slice(14, 16)];
  const manifestKey = `${root}/${day}T${hour}-${minute}Z/manifest.json`;
  const checksumKey = `${root}/${day}T${hour}-${minute}Z/manifest.checksum`;
  const manifest = Buffer.from(manifestOf(delivery, format, data));
  const symlinks = data.map(({ key }) => `s3://${delivery.destinationBucket}/${key}`).join('\n');
  return {
    manifestKey,
    checksumKey,
    dataKeys: data.map(({ key }) => key),
    objects: [
      ...data,
      {
        key: `${root}/hive/dt=${day}-${hour}-${minute}/symlink.txt`,
        body: Buffer.from(symlinks),
        contentType: 'text/plain',
      },
      { key: manifestKey, body: manifest, contentType: 'application/json' },
      { key: checksumKey, body: Buffer.from(md5(manifest)), contentType: 'text/plain' },
    ],
  };
}

function manifestOf(
  delivery: InventoryDelivery,
  format: FileFormat,
  data: readonly { key: string; body: Buffer }[],
): string {
  const manifest = {
    sourceBucket: delivery.sourceBucket,
    destinationBucket: `arn:${delivery.partition ?? 'aws'}:s3:::${delivery.destinationBucket}`,
    version: '2016-11-30',
    creationTimestamp: String(delivery.at),
    fileFormat: format.name,
    fileSchema: format.schema,
    files: data.map(({ key, body }) => ({ key, size: body.length, MD5checksum: md5(body) })),
  };
  return JSON.stringify(manifest, undefined, 2);
}

/** No header; every field in quotes; keys URL-encoded. Made block by block: one string of a million rows is all garbage collection. */
function csv(rows: readonly InventoryRow[], schema: readonly InventoryField[]): Buffer {
  const blocks: Buffer[] = [];
  for (let start = 0; start < rows.length; start += BLOCK_ROWS) {
    const lines = rows
      .slice(start, start + BLOCK_ROWS)
      .map((row) => schema.map((field) => quoted(field, row[field])).join(','));
    blocks.push(Buffer.from(`${lines.join('\n')}\n`));
  }
  return Buffer.concat(blocks);
}

const BLOCK_ROWS = 500;

function quoted(field: InventoryField, value: string | number | boolean | undefined): string {
  const text = field === 'Key' ? encodeKey(String(value)) : String(value ?? '');
  return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`;
}

function shuffle<Item>(items: readonly Item[]): Item[] {
  const mixed = [...items];
  const random = seededRandom(42);
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other] as Item, mixed[last] as Item];
  }
  return mixed;
}

/** A UUID, the same for the same delivery. */
function fileName({ sourceBucket, configId, at }: InventoryDelivery, index: number): string {
  const hex = md5(`${sourceBucket} ${configId} ${at} ${index}`);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

const md5 = (data: Buffer | string) => createHash('md5').update(data).digest('hex');

import * as z from 'zod';
import { segment } from './chunk.js';

/** S3 Inventory's `manifest.json`, version 2016-11-30. */
export const inventoryManifest = z.object({
  sourceBucket: z.string().min(3),
  /** An ARN, `arn:aws:s3:::bucket`. */
  destinationBucket: z.string(),
  version: z.string(),
  /** Milliseconds since the epoch, as a string. */
  creationTimestamp: z.string().regex(/^\d{1,16}$/),
  fileFormat: z.enum(['CSV', 'ORC', 'Parquet']),
  /** CSV: column names, parted by a comma and a space. Parquet: a message type. */
  fileSchema: z.string(),
  files: z.array(
    z.object({ key: z.string().min(1), size: z.int().min(0), MD5checksum: z.string().regex(/^[0-9a-f]{32}$/i) }),
  ),
});

export type InventoryManifest = z.infer<typeof inventoryManifest>;

/** Rows that an earlier run owed: those of one of its chunks. */
export const owedSource = z.object({
  rows: z.int().min(1),
  segments: z.array(segment).min(1).max(100),
  /** Key of their report rows, one for each and in their order, where some failed for another cause than the run is of. */
  report: z.string().optional(),
});
export type OwedSource = z.infer<typeof owedSource>;

/** A piece of a file: the records that begin from byte `from` on and before byte `to`. */
export const byteRange = z.object({ from: z.int().min(0), to: z.int().min(1) });
export type ByteRange = z.infer<typeof byteRange>;

/** One line of `files.jsonl`, an item of the Map IndexFiles. A manifest without rows has one line that names none. */
export const inventoryFile = z.object({
  /** Position in the manifest, or of the piece; names `index/<n>.csv.gz`. */
  file: z.int().min(0),
  key: z.string().min(1).optional(),
  size: z.int().min(0).optional(),
  /** Hex, lowercase. */
  md5: z.string().optional(),
  /** Where the rows are what an earlier run owed. */
  owed: z.array(owedSource).optional(),
  /** Of a CSV manifest, which is no file of many, but is read in pieces. */
  range: byteRange.optional(),
});

export type InventoryFile = z.infer<typeof inventoryFile>;

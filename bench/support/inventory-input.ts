import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { InventoryFile } from '../../contracts/manifest.js';
import { runFiles, writeJson } from '../../core/run-files.js';
import { benchRun } from './bench-run.js';
import { folderStore } from './folder-store.js';

const BUCKET = 'photos-production';
export const RUN_ID = 'bench';
const COLUMNS = [
  'Bucket',
  'Key',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'ReplicationStatus',
  'EncryptionStatus',
  'BucketKeyStatus',
];
const BLOCK_ROWS = 2_000;

/**
 * Writes a data file of so many rows as S3 Inventory does, in the order of their keys or far from it, and the run that it
 * belongs to. One key in ten has something URL-encoded in it. Constant memory.
 */
export async function writeInventory(
  folder: string,
  rows: number,
  order: 'sorted' | 'shuffled',
): Promise<InventoryFile> {
  const key = 'data/0.csv.gz';
  const path = join(folder, key);
  await mkdir(dirname(path), { recursive: true });
  const md5 = createHash('md5');
  let size = 0;
  const watched = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      md5.update(bytes);
      size += bytes.length;
      done(null, bytes);
    },
  });
  await pipeline(Readable.from(blocks(rows, order)), createGzip(), watched, createWriteStream(path));
  await writeRun(folder);
  return { file: 0, key, size, md5: md5.digest('hex') };
}

/** Puts `request.json` of the run there. */
export async function writeRun(folder: string): Promise<void> {
  const run = benchRun(RUN_ID, { source: BUCKET, destination: `${BUCKET}-replica`, columns: COLUMNS });
  await writeJson(folderStore(folder), runFiles(RUN_ID).request, run);
}

function* blocks(rows: number, order: 'sorted' | 'shuffled'): Generator<Buffer> {
  const place = order === 'sorted' ? (n: number) => n : shuffled(rows);
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    let text = '';
    for (let n = from; n < Math.min(rows, from + BLOCK_ROWS); n++) text += record(place(n));
    yield Buffer.from(text);
  }
}

/** Every place once: steps by a prime that divides no number of rows that is measured here. */
function shuffled(rows: number): (n: number) => number {
  const step = 7_368_787;
  return (n) => (n * step) % rows;
}

/** Keys rise with `n` in UTF-8 byte order. */
function record(n: number): string {
  const user = String(Math.floor(n / 500)).padStart(7, '0');
  const picture = String(n % 500).padStart(4, '0');
  const name = n % 10 === 0 ? `summer+holiday+%28caf%C3%A9%29.jpg` : 'original.jpg';
  const at = new Date(Date.UTC(2024, 0, 1) + hash(n) * 20).toISOString();
  const etag = [1, 2, 3, 4]
    .map((part) =>
      hash(n * 4 + part)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  const size = 40_000 + (hash(n) % 8_000_000);
  return `"${BUCKET}","users/${user}/pictures/2024/IMG_${picture}_${name}","${size}","${at}","${etag}","STANDARD","false","","SSE-S3","DISABLED"\n`;
}

/** 32 bits that look like chance. */
function hash(n: number): number {
  let bits = Math.imul(n ^ 0x9e3779b9, 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

import { buffer } from 'node:stream/consumers';
import type { ByteRange } from '../../../contracts/manifest.js';
import type { RunRequest } from '../../../contracts/run-request.js';
import { BackfillError, StorageError } from '../../errors.js';
import { csvColumns } from '../../inventory/csv-manifest/csv-columns.js';
import { readCsvLine } from '../../inventory/csv-manifest/csv-line.js';
import type { CsvManifest } from '../../inventory/csv-manifest/piece-rows.js';
import { MAX_RECORD_BYTES } from '../../inventory/records.js';
import { expectColumns } from '../../inventory/schema.js';
import type { FileStore } from '../../ports.js';
import { splitUri } from './read-inventory.js';
import type { ManifestFiles } from './resolve-manifest.js';

/** What begins otherwise than a CSV, by its first bytes. */
const OTHER_FORMATS: [name: string, bytes: Buffer, remedy: string][] = [
  ['gzip', Buffer.of(0x1f, 0x8b), 'Unpack it: a packed file cannot be read in pieces.'],
  ['Zstandard', Buffer.of(0x28, 0xb5, 0x2f, 0xfd), 'Unpack it: a packed file cannot be read in pieces.'],
  ['a ZIP archive', Buffer.from('PK\x03\x04'), 'Unpack it: a packed file cannot be read in pieces.'],
  ['UTF-16', Buffer.of(0xff, 0xfe), 'Save it as UTF-8.'],
  ['UTF-16', Buffer.of(0xfe, 0xff), 'Save it as UTF-8.'],
  ['Parquet', Buffer.from('PAR1'), 'Name the manifest.json of an inventory in Parquet, or write the list as CSV.'],
  ['ORC', Buffer.from('ORC'), 'Write the list as CSV.'],
];

/**
 * A CSV manifest, cut into pieces of so many bytes: a manifest of S3 Batch Operations, or a result of Athena. No MD5 of it is
 * known; what every piece is read at is the version that is seen here.
 */
export async function resolveCsv(
  openBucket: (bucket: string) => FileStore,
  request: RunRequest,
  uri: string,
  pieceBytes: number,
): Promise<ManifestFiles<CsvManifest>> {
  if (request.versions === 'all')
    throw new BackfillError(
      'ManifestUnsupported',
      `${uri}: versions: "all" expects an inventory of all versions, which knows their order; a list does not. Name such an inventory, or copy the current versions.`,
    );
  const { bucket, key } = splitUri(uri);
  const files = openBucket(bucket);
  const { size, version } = await look(files, key, uri);
  const head = await readHead(files, key, uri, { size, version });
  const { columns, rowsFrom } = readColumns(head, request, uri);
  const pieces = cut({ from: rowsFrom, to: size }, pieceBytes);
  return {
    manifest: { kind: 'csv', bucket, key, version, size, columns },
    // The Map that reads files.jsonl takes no empty file.
    files: pieces.length > 0 ? pieces.map((range, file) => ({ file, range })) : [{ file: 0 }],
  };
}

async function look(files: FileStore, key: string, uri: string): Promise<{ size: number; version: string }> {
  let seen: { size: number; version: string } | undefined;
  try {
    seen = await files.stat(key);
  } catch (error) {
    if (!(error instanceof StorageError) || error.kind !== 'refused') throw error;
    throw new BackfillError(
      'ManifestNotFound',
      `${uri} cannot be read: S3 answered ${error.code}. Allow s3:GetObject and s3:ListBucket on its bucket, and check that it exists.`,
      { cause: error },
    );
  }
  if (!seen) throw new BackfillError('ManifestNotFound', `${uri}: there is no such object. Check the address.`);
  return seen;
}

/** Enough of the file to hold its first record. */
async function readHead(
  files: FileStore,
  key: string,
  uri: string,
  { size, version }: { size: number; version: string },
): Promise<Buffer> {
  if (size === 0) return Buffer.of();
  const body = await files.streamRange(key, { from: 0, to: Math.min(size, MAX_RECORD_BYTES) }, version);
  if (body) return buffer(body);
  throw new BackfillError(
    'ManifestCorrupt',
    `${uri}: it was changed while the run began. Start again, and leave the file as it is until the run has ended.`,
  );
}

/** The columns, and the byte at which the rows begin. */
function readColumns(head: Buffer, request: RunRequest, uri: string): { columns: string[]; rowsFrom: number } {
  for (const [format, begin, remedy] of OTHER_FORMATS)
    if (head.subarray(0, begin.length).equals(begin))
      throw new BackfillError('ManifestUnsupported', `${uri}: expected a CSV file, found ${format}. ${remedy}`);
  const newline = head.indexOf('\n');
  const end = newline === -1 ? head.length : newline;
  const line = head
    .toString('utf8', 0, end)
    .replace(/^\uFEFF/, '')
    .replace(/\r$/, '');
  if (line === '' && end === head.length) return { columns: ['Bucket', 'Key'], rowsFrom: head.length };
  const first = readCsvLine(line);
  if (!first || (newline === -1 && head.length === MAX_RECORD_BYTES))
    throw new BackfillError(
      'ManifestCorrupt',
      `${uri}, byte 0: expected a record of CSV in one line of at most ${MAX_RECORD_BYTES} bytes. Correct the file, and start again.`,
    );
  const { kind, columns } = csvColumns(first, request.source.bucket, uri);
  expectColumns(columns, request, (why, needed, missing) => [
    `${uri}: ${why}: expected the columns ${needed}; ${missing} missing.`,
    'csv',
  ]);
  return { columns, rowsFrom: kind === 'header' ? end + 1 : 0 };
}

function cut({ from, to }: ByteRange, bytes: number): ByteRange[] {
  const pieces: ByteRange[] = [];
  for (let at = from; at < to; at += bytes) pieces.push({ from: at, to: Math.min(at + bytes, to) });
  return pieces;
}

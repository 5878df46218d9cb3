import type { InventoryFile } from '../../../contracts/manifest.js';
import type { ResolvedManifest, Run } from '../../../contracts/run.js';
import { BackfillError } from '../../errors.js';
import type { FileStore } from '../../ports.js';
import { inLargeBlocks } from '../csv.js';
import { MAX_RECORD_BYTES } from '../records.js';
import type { RowLines } from '../row-lines.js';
import { rowReader, type RowTaking } from '../row-reader.js';
import { neededColumns, recordDecoder, type RecordForm } from '../schema.js';
import { readCsvLine } from './csv-line.js';
import { bytesOf, linesOfPiece } from './piece.js';

export type CsvManifest = Extract<ResolvedManifest, { kind: 'csv' }>;

/** `YYYY-MM-DD HH:MM:SS`, as Athena writes a timestamp; in UTC. */
const SQL_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/;
const CONTROL = /\p{Cc}/u;

/**
 * The rows in scope of one piece of a CSV manifest, in the file's order, as lines. A record is a line: no field holds a
 * newline, since keys are URL-encoded. So a cut can make no row of the inside of a field without a word: the piece before
 * it, which has that record, refuses it. Throws ManifestCorrupt with the byte of the record.
 */
export async function* pieceRows(
  files: FileStore,
  run: Run,
  manifest: CsvManifest,
  range: NonNullable<InventoryFile['range']>,
  taking: Pick<RowTaking, 'count' | 'isExpected' | 'isFiltered'>,
): AsyncGenerator<RowLines> {
  const name = `s3://${manifest.bucket}/${manifest.key}`;
  const { columns, size, version } = manifest;
  const sourceBucket = run.request.source.bucket;
  const hasVersions = columns.includes('IsLatest');
  const decode = recordDecoder(columns, sourceBucket, formOf(run));
  /** Where the lines in hand begin, and of them the record that is being read. */
  let block = 0;
  let record = 0;
  const where = () => `${name}, byte ${block + record}`;
  const keyAt = columns.indexOf('Key');
  const reader = rowReader({
    ...taking,
    columns,
    sourceBucket,
    plainForm: { hasSqlTimes: true, hasVersions },
    count: (at) => {
      record = at;
      taking.count(at);
    },
    readLine: (line, at) => {
      record = at;
      return readRecord(line, where);
    },
    decode: (fields) => {
      if (fields.length !== columns.length)
        throw refusal(where(), `expected ${columns.length} columns as in the first record, found ${fields.length}`);
      if (CONTROL.test(fields[keyAt] ?? ''))
        throw refusal(where(), 'expected a URL-encoded key, found a control character');
      const row = decode(fields, where);
      if (row.versionId !== '' && !hasVersions) throw versionNamed(where());
      return row;
    },
  });

  const body = await files.streamRange(manifest.key, bytesOf(range, size, MAX_RECORD_BYTES), version);
  if (!body)
    throw new BackfillError(
      'ManifestCorrupt',
      `${name}: it was changed or removed while the run read it. Start again, and leave the file as it is until the run has ended.`,
    );
  const tooLong = (at: number) =>
    refusal(`${name}, byte ${at}`, `expected a line of at most ${MAX_RECORD_BYTES} bytes`);
  try {
    for await (const { bytes, at } of linesOfPiece(inLargeBlocks(body), range, size, MAX_RECORD_BYTES, tooLong)) {
      const rows = at === 0 ? withoutMark(bytes) : bytes;
      block = at + bytes.length - rows.length;
      yield reader.read(rows).batch;
    }
  } finally {
    body.destroy();
  }
}

/** What is not known of an object is empty, but what the request filters by has to be known. */
function formOf({ request }: Run): RecordForm {
  const needed = new Set(neededColumns(request).flatMap(([, columns]) => columns));
  return {
    mayBeEmpty: (column) => !needed.has(column),
    time: SQL_TIME,
    remedy: 'Correct the file, and start again.',
  };
}

/** The fields of a line that is no plain record; none in an empty one. */
function readRecord(line: string, where: () => string): string[] | undefined {
  if (line.length > MAX_RECORD_BYTES) throw refusal(where(), `expected a line of at most ${MAX_RECORD_BYTES} bytes`);
  const text = line.replace(/\r?\n$/, '');
  if (text === '') return undefined;
  const fields = readCsvLine(text);
  if (!fields)
    throw refusal(
      where(),
      'expected a record of CSV in one line: a quote is not closed, or stands in the middle of a field',
    );
  return fields;
}

function refusal(where: string, what: string): BackfillError {
  return new BackfillError('ManifestCorrupt', `${where}: ${what}. Correct the file, and start again.`);
}

function versionNamed(where: string): BackfillError {
  return new BackfillError(
    'ManifestUnsupported',
    `${where}: it names a version, and nothing in the file says whether that is the current one, which is all that a run from a list copies. Leave VersionId out, or add a column is_latest; for versions, use an inventory of all versions.`,
  );
}

/** A byte order mark, as some editors put it first. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import { decodeKey, encodeKey } from '../keys.js';
import type { FileStore } from '../ports.js';
import { readDialect } from './dialect.js';
import { readRowLines, type RowLines } from './row-lines.js';

const COLUMNS = 8;
/** In the last field of a line. */
export const LATEST = 'l';
const MARKER = 'd';

const unpack = promisify(gunzip);
const pack = promisify(gzip);

/** One line of our own row files, in S3 Inventory's dialect: every field quoted, key URL-encoded, no newline in it. */
export function encodeRow(row: Row): string {
  const marks = `${row.isLatest ? LATEST : ''}${row.isDeleteMarker ? MARKER : ''}`;
  return `"${encodeKey(row.key)}","${cell(row.versionId)}","${row.size ?? ''}","${cell(row.etag)}","${row.lastModified ?? ''}","${cell(row.storageClass)}","${cell(row.encryption)}","${marks}"`;
}

/** Reads lines of encodeRow, each with its newline but for the last, which may lack it. */
export function decodeRows(text: string): Row[] {
  const rows: Row[] = [];
  for (let from = 0; from < text.length;) {
    const { records, end } = readDialect(text, from, COLUMNS, Infinity);
    for (const record of records) rows.push(rowOf(record));
    if (end === text.length) break;
    const newline = text.indexOf('\n', end);
    const next = newline === -1 ? text.length : newline;
    rows.push(decodeRow(text.slice(end, next)));
    from = next + 1;
  }
  return rows;
}

/** Reads any line of encodeRow, without its newline: one in which a field holds a quote, which is next to never. */
function decodeRow(line: string): Row {
  if (line === '') throw new Error('expected a row, found an empty line');
  const [record = []]: string[][] = parse(line);
  return rowOf(record);
}

function rowOf([
  key = '',
  versionId = '',
  size = '',
  etag = '',
  lastModified = '',
  storageClass = '',
  encryption = '',
  marks = '',
]: readonly string[]): Row {
  return {
    key: decodeKey(key) ?? '',
    versionId,
    size: readNumber(size),
    etag,
    lastModified: readNumber(lastModified),
    storageClass,
    encryption,
    isLatest: marks.includes(LATEST),
    isDeleteMarker: marks.includes(MARKER),
  };
}

function readNumber(text: string): number | undefined {
  return text === '' ? undefined : Number(text);
}

/** Rows as one gzip member. */
export function packRows(rows: readonly Row[]): Promise<Buffer> {
  return packLines(rows.map(encodeRow));
}

/** Lines as one gzip member. */
export function packLines(lines: readonly string[]): Promise<Buffer> {
  return packBytes(Buffer.from(lines.length === 0 ? '' : `${lines.join('\n')}\n`));
}

/** One gzip member. Level 1: a third of the time of level 6 for 7 % more bytes. */
export function packBytes(bytes: Buffer): Promise<Buffer> {
  return pack(bytes, { level: 1 });
}

export async function unpackText(bytes: Buffer): Promise<string> {
  return (await unpack(bytes)).toString('utf8');
}

/** The rows of a chunk, in order, by one range GET a segment. */
export async function readChunkRows(files: FileStore, chunk: Chunk): Promise<Row[]> {
  const parts: Row[][] = [];
  for (const { key, offset, length } of chunk.segments) {
    parts.push(decodeRows(await unpackText(await files.readRange(key, offset, length))));
  }
  const rows = parts.length === 1 ? (parts[0] ?? []) : parts.flat();
  expectRows(chunk, rows.length);
  return rows;
}

/** The same as lines, a segment at a time. */
export async function* readChunkLines(
  files: Pick<FileStore, 'readRange'>,
  chunk: Pick<Chunk, 'id' | 'rows' | 'segments'>,
): AsyncGenerator<RowLines> {
  let rows = 0;
  for (const { key, offset, length } of chunk.segments) {
    const segment = readRowLines(await unpack(await files.readRange(key, offset, length)));
    rows += segment.lines.length;
    yield segment;
  }
  expectRows(chunk, rows);
}

function expectRows({ id, rows }: Pick<Chunk, 'id' | 'rows'>, found: number): void {
  if (found !== rows) throw new Error(`chunk ${id}: expected ${rows} rows in its segments, found ${found}`);
}

const TO_ESCAPE = /["\r\n]/;

/** What a CSV field holds between its quotes. Quotes are doubled; newlines, which no such field may hold, become spaces so that a row stays a line. */
function cell(text: string): string {
  return TO_ESCAPE.test(text) ? text.replaceAll('"', '""').replaceAll(/[\r\n]/g, ' ') : text;
}

import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import { decodeKey, encodeKey } from '../keys.js';
import type { FileStore } from '../ports.js';

/** In the last field of a line. */
const LATEST = 'l';
const MARKER = 'd';

const unpack = promisify(gunzip);
const pack = promisify(gzip);

/** One line of our own row files, in S3 Inventory's dialect: every field quoted, key URL-encoded, no newline in it. */
export function encodeRow(row: Row): string {
  const marks = `${row.isLatest ? LATEST : ''}${row.isDeleteMarker ? MARKER : ''}`;
  return `"${encodeKey(row.key)}",${quote(row.versionId)},"${row.size ?? ''}",${quote(row.etag)},"${row.lastModified ?? ''}",${quote(row.storageClass)},${quote(row.encryption)},"${marks}"`;
}

/** Reads lines of encodeRow. */
export function decodeRows(text: string): Row[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map(decodeRow);
}

/** Reads one line of encodeRow, without its newline. */
export function decodeRow(line: string): Row {
  if (line === '') throw new Error('expected a row, found an empty line');
  const [
    key = '',
    versionId = '',
    size = '',
    etag = '',
    lastModified = '',
    storageClass = '',
    encryption = '',
    marks = '',
  ] = fieldsOf(line);
  return {
    key: decodeKey(key) ?? '',
    versionId,
    size: size === '' ? undefined : Number(size),
    etag,
    lastModified: lastModified === '' ? undefined : Number(lastModified),
    storageClass,
    encryption,
    isLatest: marks.includes(LATEST),
    isDeleteMarker: marks.includes(MARKER),
  };
}

/** Where no field holds a quote, which is next to always, the line falls apart where it was put together: a CSV reader takes ten times as long. */
function fieldsOf(line: string): string[] {
  const fields = line.slice(1, -1).split('","');
  if (!fields.some((field) => field.includes('"'))) return fields;
  const [record = []]: string[][] = parse(line);
  return record;
}

/** Rows as one gzip member. */
export function packRows(rows: readonly Row[]): Promise<Buffer> {
  return packLines(rows.map(encodeRow));
}

/** Lines as one gzip member. Level 1: a third of the time of level 6 for 7 % more bytes. */
export function packLines(lines: readonly string[]): Promise<Buffer> {
  return pack(lines.map((line) => `${line}\n`).join(''), { level: 1 });
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
  const rows = parts.flat();
  if (rows.length !== chunk.rows)
    throw new Error(`chunk ${chunk.id}: expected ${chunk.rows} rows in its segments, found ${rows.length}`);
  return rows;
}

/** A CSV field. Quotes are doubled; newlines, which no such field may hold, become spaces so that a row stays a line. */
function quote(text: string): string {
  return `"${text.replaceAll('"', '""').replaceAll(/[\r\n]/g, ' ')}"`;
}

import type { Row } from '../../contracts/row.js';
import { compareKeys, decodeKey } from '../keys.js';
import { encodeRow } from './row-codec.js';

/** Rows as they are written: lines of encodeRow, in one buffer, and what has to be known of each. */
export interface RowLines {
  bytes: Buffer;
  lines: RowLine[];
}

export interface RowLine {
  /** Where the line begins in `bytes`, and the first byte behind its newline. */
  start: number;
  end: number;
  /** The byte behind the URL-encoded key, which begins at `start + 1`. */
  keyEnd: number;
  /** 0 where the inventory does not say, as `lastModified` is. */
  size: number;
  lastModified: number;
  isLatest: boolean;
}

export function encodeRows(rows: readonly Row[]): RowLines {
  const parts: Buffer[] = [];
  const lines: RowLine[] = [];
  let start = 0;
  for (const row of rows) {
    const text = Buffer.from(`${encodeRow(row)}\n`);
    parts.push(text);
    lines.push(describe(row, start, start + text.length, start + text.indexOf('"', 1)));
    start += text.length;
  }
  return { bytes: Buffer.concat(parts), lines };
}

export function describe(row: Row, start: number, end: number, keyEnd: number): RowLine {
  return { start, end, keyEnd, size: row.size ?? 0, lastModified: row.lastModified ?? 0, isLatest: row.isLatest };
}

export function keyOf(bytes: Buffer, { start, keyEnd }: RowLine): string {
  return decodeKey(bytes.toString('latin1', start + 1, keyEnd)) ?? '';
}

/** The order of compareRows, for the most part without a look at what the keys mean. */
export function compareLines(aBytes: Buffer, a: RowLine, bBytes: Buffer, b: RowLine): number {
  return (
    compareEncoded(aBytes, a, bBytes, b) || a.lastModified - b.lastModified || Number(a.isLatest) - Number(b.isLatest)
  );
}

const PERCENT = 0x25;

/**
 * Keys as encodeKey writes them stand in the order of their bytes where what parts them is no escape. One that goes on where
 * the other ends is behind it either way.
 */
function compareEncoded(aBytes: Buffer, a: RowLine, bBytes: Buffer, b: RowLine): number {
  const aFrom = a.start + 1;
  const bFrom = b.start + 1;
  const aLength = a.keyEnd - aFrom;
  const bLength = b.keyEnd - bFrom;
  const shared = Math.min(aLength, bLength);
  let at = 0;
  while (at < shared && aBytes[aFrom + at] === bBytes[bFrom + at]) at += 1;
  if (at === shared) return aLength - bLength;
  const left = aBytes[aFrom + at] ?? 0;
  const right = bBytes[bFrom + at] ?? 0;
  const isEscape =
    left === PERCENT ||
    right === PERCENT ||
    (at > 0 && aBytes[aFrom + at - 1] === PERCENT) ||
    (at > 1 && aBytes[aFrom + at - 2] === PERCENT);
  return isEscape ? compareKeys(keyOf(aBytes, a), keyOf(bBytes, b)) : left - right;
}

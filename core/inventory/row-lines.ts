import { compareKeys, decodeKey } from '../keys.js';

/** Rows as they are written: lines of encodeRow, one behind the other in one buffer. */
export interface RowLines {
  bytes: Buffer;
  lines: RowLine[];
}

/** A line, and what has to be known of it. */
export interface RowLine {
  bytes: Buffer;
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

const QUOTE = 0x22;
const PERCENT = 0x25;
const LATEST = 0x6c;
const SIZE = 2;
const LAST_MODIFIED = 4;
const MARKS = 7;

/** The lines of a row file, or of a whole part of it. */
export function readRowLines(bytes: Buffer): RowLines {
  const lines: RowLine[] = [];
  for (let start = 0; start < bytes.length;) {
    const line = readRowLine(bytes, start);
    lines.push(line);
    start = line.end;
  }
  return { bytes, lines };
}

function readRowLine(bytes: Buffer, start: number): RowLine {
  const line: RowLine = { bytes, start, end: 0, keyEnd: 0, size: 0, lastModified: 0, isLatest: false };
  let at = start;
  for (let field = 0; field <= MARKS; field++) {
    if (bytes[at] !== QUOTE) throw new Error(`expected a row, found something else at byte ${at}`);
    const from = at + 1;
    const to = endOfField(bytes, from);
    if (field === 0) line.keyEnd = to;
    else if (field === SIZE) line.size = numberAt(bytes, from, to);
    else if (field === LAST_MODIFIED) line.lastModified = numberAt(bytes, from, to);
    else if (field === MARKS) line.isLatest = bytes[from] === LATEST;
    at = to + 2;
  }
  line.end = at;
  return line;
}

/** The quote that ends a field; two are one that is in it. */
function endOfField(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== QUOTE) continue;
    if (bytes[at + 1] !== QUOTE) return at;
    at += 1;
  }
  throw new Error(`expected a row, found no end of the field at byte ${from}`);
}

/** As `Number` reads it; 0 where there is none. */
function numberAt(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9 || to - from > 15) return Number(bytes.toString('latin1', from, to));
    value = value * 10 + digit;
  }
  return value;
}

/** Lines that may lie in many buffers, one behind the other in one. */
export function gatherLines(lines: readonly RowLine[]): RowLines {
  const bytes = Buffer.allocUnsafe(lines.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  const gathered = lines.map((line): RowLine => {
    line.bytes.copy(bytes, at, line.start, line.end);
    const start = at;
    at += line.end - line.start;
    return { ...line, bytes, start, end: at, keyEnd: start + line.keyEnd - line.start };
  });
  return { bytes, lines: gathered };
}

export function keyOf({ bytes, start, keyEnd }: RowLine): string {
  return decodeKey(bytes.toString('latin1', start + 1, keyEnd)) ?? '';
}

/**
 * The order of rows in every file of a run: negative, 0 or positive. By key; versions of a key by their time, the latest last.
 * Of two in one second an inventory does not tell which came first: whoever copies them asks the source.
 */
export function compareLines(a: RowLine, b: RowLine): number {
  return compareEncoded(a, b) || a.lastModified - b.lastModified || Number(a.isLatest) - Number(b.isLatest);
}

/**
 * Keys as encodeKey writes them stand in the order of their bytes where what parts them does not begin an escape: digits of an
 * escape stand as its bytes do. One that goes on where the other ends is behind it either way.
 */
function compareEncoded(a: RowLine, b: RowLine): number {
  const [aBytes, bBytes] = [a.bytes, b.bytes];
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
  return left === PERCENT || right === PERCENT ? compareKeys(keyOf(a), keyOf(b)) : left - right;
}

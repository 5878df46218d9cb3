import type { ByteRange } from '../../../contracts/manifest.js';
import { StorageError } from '../../errors.js';

/** Whole lines, and at which byte of the file they begin. */
export interface Lines {
  bytes: Buffer;
  at: number;
}

const NEWLINE = 0x0a;
const NEWLINE_BYTES = Buffer.of(NEWLINE);

/**
 * The bytes that have to be read for a piece: from the one before it, which says whether a line begins with it, up to where
 * the last line that begins in it must have ended.
 */
export function bytesOf({ from, to }: ByteRange, size: number, longest: number): ByteRange {
  return { from: Math.max(0, from - 1), to: Math.min(size, to + longest) };
}

/**
 * The lines that begin in a piece of a file, in blocks; each line with its newline, which the last one of the file is given
 * where it has none. Where pieces adjoin, each line is in exactly one of them.
 * @param body the bytes of `bytesOf`
 * @param tooLong makes the error where a line is longer than `longest`
 */
export async function* linesOfPiece(
  body: AsyncIterable<Buffer>,
  range: ByteRange,
  size: number,
  longest: number,
  tooLong: (at: number) => Error,
): AsyncGenerator<Lines> {
  const read = bytesOf(range, size, longest);
  /** Where the bytes in hand begin; they are of a line that is not there to its end. */
  let at = read.from;
  let rest: Buffer = Buffer.of();
  /** Of the piece before is what ends with the first newline from the byte before this one on. */
  let isForeign = range.from > 0;
  let arrived = 0;
  for await (const block of body) {
    arrived += block.length;
    let bytes = rest.length > 0 ? Buffer.concat([rest, block]) : block;
    if (isForeign) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline === -1) {
        // Whoever has that line finds whether it is too long.
        at += bytes.length;
        if (at >= range.to) return;
        continue;
      }
      at += newline + 1;
      bytes = bytes.subarray(newline + 1);
      isForeign = false;
    }
    if (at >= range.to) return;
    const end = endOfLast(bytes, range.to - 1 - at);
    if (end.isLast) {
      yield { bytes: bytes.subarray(0, end.at), at };
      return;
    }
    if (end.at > 0) yield { bytes: bytes.subarray(0, end.at), at };
    rest = bytes.subarray(end.at);
    at += end.at;
    if (rest.length > longest) throw tooLong(at);
  }
  // The end of what arrived would pass for the end of a line.
  if (arrived < read.to - read.from)
    throw new StorageError('NoAnswer', `S3 ended its answer after ${arrived} of ${read.to - read.from} bytes`, {
      kind: 'transient',
    });
  if (isForeign || at >= range.to) return;
  if (read.to < size) throw tooLong(at);
  if (rest.length > 0) yield { bytes: Buffer.concat([rest, NEWLINE_BYTES]), at };
}

/** The byte behind the last line of the piece, which is the first to end at `last` or behind it; else behind the last whole one. */
function endOfLast(bytes: Buffer, last: number): { at: number; isLast: boolean } {
  if (last < bytes.length) {
    const newline = bytes.indexOf(NEWLINE, Math.max(0, last));
    if (newline !== -1) return { at: newline + 1, isLast: true };
  }
  return { at: bytes.lastIndexOf(NEWLINE) + 1, isLast: false };
}

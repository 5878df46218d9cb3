import { broken } from './parquet-error.js';

/**
 * Unpacks a block of Snappy that says, as its page does, that it has `length` bytes. Every step writes at least one of them,
 * so that no block takes longer than its length.
 * Format: github.com/google/snappy/blob/main/format_description.txt
 */
export function unpackSnappy(packed: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  let { at, value } = readLength(packed);
  if (value !== length) throw broken('a page is not as long as its Snappy says');
  let written = 0;
  while (at < packed.length) {
    const tag = packed[at] ?? 0;
    at += 1;
    if ((tag & 3) === 0) {
      let size = tag >> 2;
      if (size >= 60) {
        const bytes = size - 59;
        if (at + bytes > packed.length) throw tooShort();
        size = packed.readUIntLE(at, bytes);
        at += bytes;
      }
      size += 1;
      if (at + size > packed.length || written + size > length) throw tooShort();
      // A call costs as much as about thirty bytes.
      if (size > 32) packed.copy(out, written, at, at + size);
      else for (let index = 0; index < size; index++) out[written + index] = packed[at + index] ?? 0;
      at += size;
      written += size;
      continue;
    }
    const bytes = (tag & 3) === 3 ? 4 : tag & 3;
    if (at + bytes > packed.length) throw tooShort();
    const size = (tag & 3) === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const back = (tag & 3) === 1 ? ((tag >> 5) << 8) | (packed[at] ?? 0) : packed.readUIntLE(at, bytes);
    at += bytes;
    if (back === 0 || back > written || written + size > length) throw tooShort();
    // What is copied may be written just before: byte by byte.
    for (const end = written + size; written < end; written++) out[written] = out[written - back] ?? 0;
  }
  if (written !== length) throw tooShort();
  return out;
}

function readLength(packed: Buffer): { at: number; value: number } {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at];
    if (byte === undefined) break;
    value += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) return { at: at + 1, value };
  }
  throw tooShort();
}

function tooShort() {
  return broken('a page does not unpack: its Snappy is damaged');
}

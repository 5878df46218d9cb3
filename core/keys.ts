import { StringDecoder } from 'node:string_decoder';

/** Object keys as S3 orders and writes them. */

const MAX_KEY_BYTES = 1024;
/** Most keys: their URL encoding is what they are. */
const PLAIN_KEY = /^(?!-)[\w.!~*'()/-]*$/;
const LAST_CODE_POINT = '\u{10FFFF}';

/**
 * Compares in UTF-8 byte order, which is S3's: negative, 0 or positive.
 * UTF-16 order differs from it only where a surrogate meets a code unit above it.
 */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right)
      return left >= 0xd800 && right >= 0xd800 ? afterSurrogates(left) - afterSurrogates(right) : left - right;
  }
  return a.length - b.length;
}

/** Puts surrogates (code points from U+10000 on) behind U+E000 to U+FFFF. */
function afterSurrogates(unit: number): number {
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000;
}

/**
 * A string before `key` with next to nothing between them: where to start a listing, exclusive, that begins at `key`.
 * Its last character is lowered by one and followed by the highest code point there is. Never longer than S3 takes, also
 * where a destination prefix makes a key longer than that.
 */
export function justBefore(key: string): string {
  const last = key.codePointAt(key.length - 1) ?? 0;
  const isLowSurrogate = last >= 0xdc00 && last <= 0xdfff;
  const start = isLowSurrogate ? key.length - 2 : key.length - 1;
  const stem = key.slice(0, Math.max(0, start));
  const code = key.codePointAt(Math.max(0, start)) ?? 0;
  if (code > 0) {
    const lower = code === 0xe000 ? 0xd7ff : code - 1;
    const before = stem + String.fromCodePoint(lower) + LAST_CODE_POINT;
    if (Buffer.byteLength(before) <= MAX_KEY_BYTES) return before;
  }
  // The decoder leaves out a character that is cut off.
  return new StringDecoder('utf8').write(Buffer.from(stem).subarray(0, MAX_KEY_BYTES));
}

/**
 * The first string behind all those that begin with `stem`: its last character raised by one. Undefined where there is none.
 * Of a long one the end is left out, where it would become longer than S3 takes: then what it is behind is more than that.
 */
export function justBehind(stem: string): string | undefined {
  const characters = Array.from(stem);
  for (let last = characters.pop(); last !== undefined; last = characters.pop()) {
    const code = last.codePointAt(0) ?? 0;
    if (code === 0x10ffff) continue;
    const behind = characters.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1);
    if (Buffer.byteLength(behind) <= MAX_KEY_BYTES) return behind;
  }
  return undefined;
}

/** Where a source key goes: `destination.prefix ?? source.prefix ?? ""` and what follows the source prefix. */
export function destinationKey(
  key: string,
  request: { source: { prefix?: string | undefined }; destination: { prefix?: string | undefined } },
): string {
  const { prefix: from = '' } = request.source;
  const { prefix: to = from } = request.destination;
  return to === from ? key : to + key.slice(from.length);
}

/** RFC 3986 with `/` kept, as S3 reports write keys. A leading `-` is written `%2D`, so that no spreadsheet runs a key as a formula. */
export function encodeKey(key: string): string {
  if (PLAIN_KEY.test(key)) return key;
  const encoded = encodeURIComponent(key).replaceAll('%2F', '/');
  return encoded.startsWith('-') ? `%2D${encoded.slice(1)}` : encoded;
}

/** Undoes the URL encoding of an inventory, where `+` is a space. Undefined where it does not decode to UTF-8. */
export function decodeKey(encoded: string): string | undefined {
  if (PLAIN_KEY.test(encoded)) return encoded;
  // Left by a reader in the place of bytes that are no UTF-8; a key that really holds it has it encoded.
  if (encoded.includes('\uFFFD')) return undefined;
  try {
    return decodeURIComponent(encoded.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

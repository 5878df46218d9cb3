import { decodeKey, encodeKey } from '../keys.js';
import { LATEST } from './row-codec.js';
import { LONGEST, MAX_KEY_BYTES, MAX_OBJECT_BYTES } from './schema.js';

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const ZERO = 0x30;

const MINUS = 0x2d;

/** What a byte may be part of: any field in quotes, a printable one, a key that URL encoding leaves as it is. */
const UNQUOTED = 1;
const PRINTABLE = 2;
const PLAIN_KEY = 4;
const CLASSES = classes();

/** A number of any so many digits is exact. */
const MOST_DIGITS = 15;
const DAY_MS = 86_400_000;
/** `YYYY-MM-DDTHH:MM:SS.sssZ` */
const TIME_BYTES = 24;
/** `YYYY-MM-DD HH:MM:SS.sss` */
const SQL_TIME_BYTES = 23;

const FIELDS = [
  'Key',
  'VersionId',
  'Size',
  'ETag',
  'LastModifiedDate',
  'StorageClass',
  'EncryptionStatus',
  'Bucket',
  'IsLatest',
  'IsDeleteMarker',
] as const;
const KEY = 0;
const VERSION_ID = 1;
const SIZE = 2;
const ETAG = 3;
const TIME = 4;
const STORAGE_CLASS = 5;
const ENCRYPTION = 6;
const BUCKET = 7;
const IS_LATEST = 8;
const IS_DELETE_MARKER = 9;
const OTHER = 10;
/** Those that a record may leave empty, without quotes too. */
const MAY_BE_EMPTY: ReadonlySet<number> = new Set([VERSION_ID, STORAGE_CLASS, ENCRYPTION, OTHER]);

/** What plain records may be beside what S3 Inventory writes. */
export interface PlainForm {
  /** Whether times may be `YYYY-MM-DD HH:MM:SS.sss`, in UTC. */
  hasSqlTimes: boolean;
  /** Whether a record may name a version. */
  hasVersions: boolean;
}

const S3_INVENTORY: PlainForm = { hasSqlTimes: false, hasVersions: true };

/**
 * Reads plain records: in S3 Inventory's dialect, whole, of an object and not a delete marker, and each field in the one form in
 * which S3 writes it. The fields are those of the record that was read last.
 */
export class PlainReader {
  /** Where the record begins, and the byte behind its newline. */
  start = 0;
  end = 0;
  size = 0;
  lastModified = 0;
  isLatest = true;
  readonly hasSize: boolean;
  readonly hasTime: boolean;
  /** Of each column, which of FIELDS it is. */
  readonly #fields: number[];
  readonly #bucket: Buffer;
  /** Where each of FIELDS begins and ends; nowhere, where there is no such column. */
  readonly #from = new Int32Array(FIELDS.length + 1);
  readonly #to = new Int32Array(FIELDS.length + 1);
  /** As encodeKey writes it, where the record does not. */
  #encodedKey: string | undefined;
  #month = -1;
  #monthMs = 0;

  readonly #hasSqlTimes: boolean;
  readonly #longestVersionId: number;

  constructor(columns: readonly string[], sourceBucket: string, form: PlainForm = S3_INVENTORY) {
    this.#hasSqlTimes = form.hasSqlTimes;
    this.#longestVersionId = form.hasVersions ? LONGEST.VersionId : 0;
    this.#fields = columns.map((column, at) => {
      const field = (FIELDS as readonly string[]).indexOf(column);
      return field === -1 || columns.indexOf(column) !== at ? OTHER : field;
    });
    this.#bucket = Buffer.from(sourceBucket);
    this.hasSize = columns.includes('Size');
    this.hasTime = columns.includes('LastModifiedDate');
  }

  key(bytes: Buffer): string {
    return decodeKey(this.#text(bytes, KEY)) ?? '';
  }

  storageClass(bytes: Buffer): string {
    return this.#text(bytes, STORAGE_CLASS);
  }

  /** Whether a plain record of at most `longest` bytes begins at `start`. */
  read(bytes: Buffer, start: number, longest: number): boolean {
    const fields = this.#fields;
    const last = fields.length - 1;
    this.isLatest = true;
    let at = start;
    for (let column = 0; column <= last; column++) {
      const field = fields[column] ?? OTHER;
      if (bytes[at] !== QUOTE) {
        // Nothing at all, as Athena writes NULL.
        if (bytes[at] !== (column === last ? NEWLINE : COMMA) || !MAY_BE_EMPTY.has(field)) return false;
        this.#from[field] = at;
        this.#to[field] = at;
        at += 1;
        continue;
      }
      const to = this.#readField(bytes, at + 1, field);
      if (to < 0 || bytes[to] !== QUOTE || bytes[to + 1] !== (column === last ? NEWLINE : COMMA)) return false;
      this.#from[field] = at + 1;
      this.#to[field] = to;
      at = to + 2;
    }
    this.start = start;
    this.end = at;
    return at - start <= longest;
  }

  /** Writes the line of encodeRow. `out` must have room for `lineBytes`. */
  writeLine(bytes: Buffer, out: Buffer, start: number): { keyEnd: number; end: number } {
    out[start] = QUOTE;
    let at = start + 1;
    if (this.#encodedKey === undefined) at = this.#copy(bytes, out, at, KEY);
    else at += out.write(this.#encodedKey, at, 'latin1');
    const keyEnd = at;
    for (let field = VERSION_ID; field <= ENCRYPTION; field++) {
      out[at] = QUOTE;
      out[at + 1] = COMMA;
      out[at + 2] = QUOTE;
      at += 3;
      at = field === TIME ? this.#writeTime(out, at) : this.#copy(bytes, out, at, field);
    }
    out[at] = QUOTE;
    out[at + 1] = COMMA;
    out[at + 2] = QUOTE;
    at += 3;
    if (this.isLatest) out[at++] = LATEST.charCodeAt(0);
    out[at] = QUOTE;
    out[at + 1] = NEWLINE;
    return { keyEnd, end: at + 2 };
  }

  /** No line of writeLine is longer: eight fields in their quotes, which may all be missing in the record, and a key that grew. */
  get lineBytes(): number {
    return this.end - this.start + 64 + (this.#encodedKey?.length ?? 0);
  }

  /** Where the field ends, or where the first byte is that it cannot hold; negative where it is not plain. */
  #readField(bytes: Buffer, from: number, field: number): number {
    switch (field) {
      case KEY:
        return this.#readKey(bytes, from);
      case VERSION_ID:
        return endOf(PRINTABLE, bytes, from, 0, this.#longestVersionId);
      case SIZE:
        return this.#readSize(bytes, from);
      case ETAG:
        return endOf(PRINTABLE, bytes, from, 1, LONGEST.ETag);
      case TIME:
        return this.#readTime(bytes, from);
      case STORAGE_CLASS:
        return endOf(PRINTABLE, bytes, from, 0, LONGEST.StorageClass);
      case ENCRYPTION:
        return endOf(PRINTABLE, bytes, from, 0, LONGEST.EncryptionStatus);
      case BUCKET:
        return endOfText(bytes, from, this.#bucket);
      case IS_LATEST: {
        const end = endOfText(bytes, from, TRUE);
        this.isLatest = end >= 0;
        return this.isLatest ? end : endOfText(bytes, from, FALSE);
      }
      case IS_DELETE_MARKER:
        return endOfText(bytes, from, FALSE);
      default:
        return endOf(UNQUOTED, bytes, from, 0, Infinity);
    }
  }

  /** A key of at most 1,024 bytes; URL-encoded it may be longer, and is left to others then. */
  #readKey(bytes: Buffer, from: number): number {
    let at = endOf(PLAIN_KEY, bytes, from, 0, MAX_KEY_BYTES);
    this.#encodedKey = undefined;
    if (at < 0 || (bytes[at] === QUOTE && at > from && bytes[from] !== MINUS)) return at;
    at = endOf(PRINTABLE, bytes, from, 1, MAX_KEY_BYTES);
    if (at < 0) return -1;
    const key = decodeKey(bytes.toString('latin1', from, at));
    if (!key) return -1;
    this.#encodedKey = encodeKey(key);
    return at;
  }

  /** Digits, and no zero before others. */
  #readSize(bytes: Buffer, from: number): number {
    let value = 0;
    let at = from;
    for (; at - from <= MOST_DIGITS; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.size = value;
    const length = at - from;
    const isOdd = length === 0 || length > MOST_DIGITS || (length > 1 && bytes[from] === ZERO);
    return isOdd || value > MAX_OBJECT_BYTES ? -1 : at;
  }

  /** `YYYY-MM-DDTHH:MM:SS.sssZ`, from 2002 to 2285, when milliseconds have 13 digits; the byte behind it. */
  #readTime(bytes: Buffer, at: number): number {
    const isIso = bytes[at + 10] === 0x54 && bytes[at + 23] === 0x5a;
    if (
      bytes[at + 4] !== 0x2d ||
      bytes[at + 7] !== 0x2d ||
      bytes[at + 13] !== 0x3a ||
      bytes[at + 16] !== 0x3a ||
      bytes[at + 19] !== 0x2e ||
      !(isIso || (this.#hasSqlTimes && bytes[at + 10] === 0x20))
    )
      return -1;
    const year = digitsAt(bytes, at, at + 4);
    const month = digitsAt(bytes, at + 5, at + 7);
    const day = digitsAt(bytes, at + 8, at + 10);
    const hour = digitsAt(bytes, at + 11, at + 13);
    const minute = digitsAt(bytes, at + 14, at + 16);
    const second = digitsAt(bytes, at + 17, at + 19);
    const ms = digitsAt(bytes, at + 20, at + 23);
    if (year < 2002 || year > 2285 || month < 1 || month > 12 || day < 1 || day > 31) return -1;
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || ms < 0) return -1;
    if (this.#month !== year * 12 + month) {
      this.#month = year * 12 + month;
      this.#monthMs = Date.UTC(year, month - 1);
    }
    this.lastModified = this.#monthMs + (day - 1) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
    return at + (isIso ? TIME_BYTES : SQL_TIME_BYTES);
  }

  #writeTime(out: Buffer, at: number): number {
    if (!this.hasTime) return at;
    // Two numbers of so few digits that they are counted with as integers.
    let high = Math.floor(this.lastModified / 1e6);
    let low = this.lastModified - high * 1e6;
    for (let place = at + 12; place > at + 6; place--) {
      out[place] = ZERO + (low % 10);
      low = (low / 10) | 0;
    }
    for (let place = at + 6; place >= at; place--) {
      out[place] = ZERO + (high % 10);
      high = (high / 10) | 0;
    }
    return at + 13;
  }

  #copy(bytes: Buffer, out: Buffer, at: number, field: number): number {
    const to = this.#to[field] ?? 0;
    let written = at;
    for (let from = this.#from[field] ?? 0; from < to; from++) out[written++] = bytes[from] ?? 0;
    return written;
  }

  #text(bytes: Buffer, field: number): string {
    return bytes.toString('latin1', this.#from[field], this.#to[field]);
  }
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function classes(): Uint8Array {
  const found = new Uint8Array(256).fill(UNQUOTED);
  for (let byte = 0x21; byte <= 0x7e; byte++) found[byte] = UNQUOTED | PRINTABLE;
  for (const byte of Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.!~*'()/-"))
    found[byte] = UNQUOTED | PRINTABLE | PLAIN_KEY;
  found[QUOTE] = 0;
  return found;
}

/** The first byte from `from` on that is not of the class; negative where there are too few or too many before it. */
function endOf(wanted: number, bytes: Buffer, from: number, fewest: number, most: number): number {
  const end = bytes.length;
  let at = from;
  while (at < end && ((CLASSES[bytes[at] ?? 0] ?? 0) & wanted) !== 0) at += 1;
  return at - from < fewest || at - from > most ? -1 : at;
}

/** The byte behind `text`; negative where it is not there. */
function endOfText(bytes: Buffer, from: number, text: Buffer): number {
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text[at]) return -1;
  return from + text.length;
}

/** -1 where one of them is no digit. */
function digitsAt(bytes: Buffer, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

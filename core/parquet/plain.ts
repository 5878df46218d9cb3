import { isUtf8 } from 'node:buffer';
import type { Column } from './footer.js';
import { broken } from './parquet-error.js';

/** A value of a column: text of `bytes`, a whole number, milliseconds of a timestamp, or a flag. */
export type Value = string | number | boolean;

/** Reads values in Parquet's plain encoding, one behind the other. */
export class PlainReader {
  #at = 0;
  #bit = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly column: Column,
  ) {}

  next(): Value {
    const { type, perMs } = this.column;
    if (type === 'bytes') return this.#text();
    if (type === 'boolean') return this.#flag();
    const value = type === 'int32' ? this.bytes.readInt32LE(this.#step(4)) : this.#int64();
    return perMs === undefined || perMs === 1 ? value : Math.floor(value / perMs);
  }

  #text(): string {
    const start = this.#step(4) + 4;
    const end = start + this.bytes.readUInt32LE(start - 4);
    if (end > this.bytes.length) throw tooShort();
    this.#at = end;
    const text = this.bytes.toString('utf8', start, end);
    // What stands in the place of bytes that are no UTF-8 may also be meant.
    if (text.includes('\uFFFD') && !isUtf8(this.bytes.subarray(start, end)))
      throw broken(`its column ${this.column.name} holds text that is not UTF-8`);
    return text;
  }

  /** Bits from the lowest on. */
  #flag(): boolean {
    const byte = this.bytes[this.#bit >> 3];
    if (byte === undefined) throw tooShort();
    const isSet = ((byte >> (this.#bit & 7)) & 1) === 1;
    this.#bit += 1;
    return isSet;
  }

  #int64(): number {
    const at = this.#step(8);
    const value = this.bytes.readInt32LE(at + 4) * 2 ** 32 + this.bytes.readUInt32LE(at);
    if (!Number.isSafeInteger(value)) throw broken(`its column ${this.column.name} holds a number beyond 2^53`);
    return value;
  }

  /** Goes on by so many bytes; answers where they begin. */
  #step(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.bytes.length) throw tooShort();
    this.#at += bytes;
    return at;
  }
}

function tooShort() {
  return broken('a page ends before its values do');
}

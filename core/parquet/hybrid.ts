import { broken } from './parquet-error.js';

/**
 * Reads numbers of so many bits in Parquet's hybrid of runs and packed groups of eight, some at a time: a run of a billion
 * takes no more memory than one of two.
 * Format: github.com/apache/parquet-format/blob/master/Encodings.md, "RLE"
 */
export class HybridReader {
  readonly #valueBytes: number;
  #at = 0;
  /** Of the run or the packed groups that are being read. */
  #left = 0;
  #run: number | undefined;
  /** Bits that were read and are no number yet. */
  #held = 0;
  #bits = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly bitWidth: number,
  ) {
    if (bitWidth > 31) throw broken(`a page has numbers of ${bitWidth} bits`);
    this.#valueBytes = (bitWidth + 7) >> 3;
  }

  read(count: number): Uint32Array {
    const values = new Uint32Array(count);
    if (this.bitWidth === 0) return values;
    for (let filled = 0; filled < count;) {
      if (this.#left === 0) this.#begin();
      const end = Math.min(count, filled + this.#left);
      this.#left -= end - filled;
      if (this.#run === undefined) this.#unpack(values, filled, end);
      else values.fill(this.#run, filled, end);
      filled = end;
    }
    return values;
  }

  #begin(): void {
    const header = this.#varint();
    if (header % 2 === 0) {
      if (this.#at + this.#valueBytes > this.bytes.length) throw tooShort();
      this.#left = header / 2;
      this.#run = this.bytes.readUIntLE(this.#at, this.#valueBytes);
      if (this.#run >= 2 ** this.bitWidth) throw broken(`a page has a number of more than ${this.bitWidth} bits`);
      this.#at += this.#valueBytes;
    } else {
      this.#left = ((header - 1) / 2) * 8;
      this.#run = undefined;
      this.#held = 0;
      this.#bits = 0;
    }
    if (this.#left === 0) throw broken('a page has a run of nothing');
  }

  /** Numbers one behind the other from the lowest bit on. */
  #unpack(values: Uint32Array, from: number, to: number): void {
    const { bytes, bitWidth } = this;
    const mask = 2 ** bitWidth - 1;
    let [at, held, bits] = [this.#at, this.#held, this.#bits];
    for (let index = from; index < to; index++) {
      while (bits < bitWidth) {
        const byte = bytes[at];
        if (byte === undefined) throw tooShort();
        at += 1;
        // Up to 38 bits, which shifts do not have.
        held += byte * 2 ** bits;
        bits += 8;
      }
      values[index] = held & mask;
      held = bits > 31 ? Math.floor(held / 2 ** bitWidth) : held >>> bitWidth;
      bits -= bitWidth;
    }
    this.#at = at;
    this.#held = held;
    this.#bits = bits;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw tooShort();
  }
}

function tooShort() {
  return broken('a page ends before its values do');
}

import { broken } from './parquet-error.js';

/** A value of Thrift's compact protocol. Whole numbers beyond 2^53 are no count, size or place of ours, and are refused where they are asked for. */
type Value = number | boolean | Buffer | Value[] | Struct;

/** Of a message of Parquet no struct lies deeper. */
const DEEPEST = 12;
/** Fields and elements of lists: a footer has about 25 for each column of each row group. One in a byte takes 200 in memory. */
const MOST_VALUES = 1_000_000;

/**
 * A struct by the ids of its fields. Whoever reads one says of what type a field has to be: what a stranger wrote is checked
 * where it is used.
 */
export class Struct {
  constructor(
    private readonly name: string,
    private readonly fields: ReadonlyMap<number, Value>,
  ) {}

  /** A whole number from 0 on: a count, a size, a place. */
  count(id: number): number {
    return this.optionalCount(id) ?? this.#missing(id);
  }

  optionalCount(id: number): number | undefined {
    const value = this.fields.get(id);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
    throw broken(`field ${id} of its ${this.name} is no count`);
  }

  text(id: number): string {
    const value = this.fields.get(id);
    return Buffer.isBuffer(value) ? value.toString('utf8') : this.#missing(id);
  }

  struct(id: number): Struct | undefined {
    const value = this.fields.get(id);
    return value instanceof Struct ? value : undefined;
  }

  structs(id: number): Struct[] {
    return this.#list(id).map((each) => (each instanceof Struct ? each : this.#missing(id)));
  }

  texts(id: number): string[] {
    return this.#list(id).map((each) => (Buffer.isBuffer(each) ? each.toString('utf8') : this.#missing(id)));
  }

  #list(id: number): Value[] {
    const value = this.fields.get(id);
    return Array.isArray(value) ? value : this.#missing(id);
  }

  #missing(id: number): never {
    throw broken(`its ${this.name} has no field ${id} as Parquet defines it`);
  }
}

/**
 * Reads a struct at the beginning of `bytes`; answers where it ends. Memory is bounded by MOST_VALUES, and by the bytes: every
 * element of a list is at least one of them.
 */
export function readStruct(bytes: Buffer, name: string): { struct: Struct; end: number } {
  const reader = new Reader(bytes, name);
  return { struct: reader.struct(0), end: reader.at };
}

class Reader {
  at = 0;
  #values = 0;

  constructor(
    private readonly bytes: Buffer,
    private readonly name: string,
  ) {}

  struct(depth: number): Struct {
    if (depth > DEEPEST) throw broken(`its ${this.name} is nested more than ${DEEPEST} deep`);
    const fields = new Map<number, Value>();
    for (let id = 0; ;) {
      const head = this.#byte();
      if (head === 0) return new Struct(this.name, fields);
      this.#account(1);
      const delta = head >> 4;
      id = delta === 0 ? zigzag(this.#varint()) : id + delta;
      const type = head & 0x0f;
      fields.set(id, type === 1 || type === 2 ? type === 1 : this.#value(type, depth));
    }
  }

  #value(type: number, depth: number): Value {
    switch (type) {
      case 1:
      case 2:
        return this.#byte() === 1;
      case 3:
        return this.#byte();
      case 4:
      case 5:
      case 6:
        return zigzag(this.#varint());
      case 7:
        return this.#take(8).readDoubleLE();
      case 8:
        return this.#take(this.#varint());
      case 9:
      case 10:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw broken(`its ${this.name} has a field of an unknown type`);
    }
  }

  #list(depth: number): Value[] {
    const head = this.#byte();
    const size = head >> 4 === 15 ? this.#varint() : head >> 4;
    if (size > this.bytes.length - this.at) throw broken(`its ${this.name} has a list that is longer than it`);
    if (depth >= DEEPEST) throw broken(`its ${this.name} is nested more than ${DEEPEST} deep`);
    this.#account(size);
    const values: Value[] = [];
    for (let index = 0; index < size; index++) values.push(this.#value(head & 0x0f, depth + 1));
    return values;
  }

  #account(values: number): void {
    this.#values += values;
    if (this.#values > MOST_VALUES) throw broken(`its ${this.name} has more than ${MOST_VALUES} values`);
  }

  /** Exact up to 2^53, and no smaller number beyond. */
  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      if (factor > 2 ** 63) throw broken(`its ${this.name} has a number of more than 64 bits`);
    }
  }

  #byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw broken(`its ${this.name} ends too early`);
    this.at += 1;
    return byte;
  }

  #take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw broken(`its ${this.name} ends too early`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

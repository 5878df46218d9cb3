import type { Column, ColumnChunk, RandomAccess } from './footer.js';
import { readDataPage, readDictionary, type PackedPage, type Page } from './page.js';
import { broken, unsupported } from './parquet-error.js';
import type { Value } from './plain.js';
import { readStruct } from './thrift.js';

const DATA_PAGE = 0;
const INDEX_PAGE = 1;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

/** Of a page's header, which may hold the first and the last key of the page. */
const MAX_HEADER_BYTES = 64 * 1024;
/** What is read at once: many small pages, or a header and a part of a large one. */
const WINDOW_BYTES = 4 * MAX_HEADER_BYTES;

/** Reads the values of one column for the rows of one group, in order; holds one page of them. */
export class ColumnReader {
  #at: number;
  readonly #end: number;
  #dictionary: Value[] | undefined;
  #page: Page | undefined;
  #window: { from: number; bytes: Buffer } = { from: 0, bytes: Buffer.of() };

  constructor(
    private readonly file: RandomAccess,
    private readonly column: Column,
    private readonly chunk: ColumnChunk,
    /** Rows that are not read yet. */
    private rows: number,
  ) {
    this.#at = chunk.offset;
    this.#end = chunk.offset + chunk.length;
  }

  /** The next `count` values; undefined where there is none. */
  async read(count: number): Promise<(Value | undefined)[]> {
    let values: (Value | undefined)[] | undefined;
    for (let left = count; left > 0;) {
      const page = await this.#current();
      const some = page.read(Math.min(left, page.left));
      left -= some.length;
      values = values === undefined ? some : values.concat(some);
    }
    this.rows -= count;
    return values ?? [];
  }

  async #current(): Promise<Page> {
    while (!this.#page || this.#page.left === 0) {
      const packed = await this.#next();
      const { codec } = this.chunk;
      switch (packed.header.count(1)) {
        case DICTIONARY_PAGE:
          this.#dictionary = readDictionary(packed, this.column, codec);
          break;
        case DATA_PAGE:
          this.#page = readDataPage(packed, this.column, codec, this.#dictionary);
          if (this.#page.left > this.rows)
            throw broken(`a page has ${this.#page.left} rows where ${this.rows} are left`);
          break;
        case INDEX_PAGE:
          break;
        case DATA_PAGE_V2:
          throw unsupported('it has data pages of version 2; expected version 1');
        default:
          throw unsupported(`its column ${this.column.name} has a page of an unknown type`);
      }
    }
    return this.#page;
  }

  /** The bytes ahead; enough of them for a header. */
  async #ahead(): Promise<Buffer> {
    const left = this.#end - this.#at;
    const held = this.#window.bytes.subarray(this.#at - this.#window.from);
    if (held.length >= Math.min(MAX_HEADER_BYTES, left)) return held;
    const bytes = await this.file.readAt(this.#at, Math.min(WINDOW_BYTES, left));
    this.#window = { from: this.#at, bytes };
    return bytes;
  }

  async #next(): Promise<PackedPage> {
    if (this.#at >= this.#end) throw broken(`its column ${this.column.name} has fewer values than rows`);
    const window = await this.#ahead();
    const { struct: header, end } = readStruct(window, 'page header');
    const length = header.count(3);
    const from = this.#at + end;
    if (length > this.#end - from) throw broken(`a page claims ${length} bytes, beyond its column`);
    this.#at = from + length;
    const isWhole = end + length <= window.length;
    return { header, bytes: isWhole ? window.subarray(end, end + length) : await this.file.readAt(from, length) };
  }
}

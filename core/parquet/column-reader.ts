import type { Column, ColumnChunk, RandomAccess } from './footer.js';
import { readDataPage, readDictionary, type PackedPage, type Page } from './page.js';
import { broken, unsupported } from './parquet-error.js';
import type { Value } from './plain.js';
import { readStruct } from './thrift.js';

const DATA_PAGE = 0;
const INDEX_PAGE = 1;
const DICTIONARY_PAGE = 2;
const DATA_PAGE_V2 = 3;

/** What is read at once: a header, which may hold two keys of a page, and with it most pages whole. */
const WINDOW_BYTES = 256 * 1024;

/** Reads the values of one column for the rows of one group, in order; holds one page of them. */
export class ColumnReader {
  #at: number;
  readonly #end: number;
  #dictionary: Value[] | undefined;
  #page: Page | undefined;

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
        case DATA_PAGE_V2:
          this.#page = readDataPage(packed, this.column, codec, this.#dictionary);
          if (this.#page.left > this.rows)
            throw broken(`a page has ${this.#page.left} rows where ${this.rows} are left`);
          break;
        case INDEX_PAGE:
          break;
        default:
          throw unsupported(`its column ${this.column.name} has a page of an unknown type`);
      }
    }
    return this.#page;
  }

  async #next(): Promise<PackedPage> {
    if (this.#at >= this.#end) throw broken(`its column ${this.column.name} has fewer values than rows`);
    const window = await this.file.readAt(this.#at, Math.min(WINDOW_BYTES, this.#end - this.#at));
    const { struct: header, end } = readStruct(window, 'page header');
    const length = header.count(3);
    const from = this.#at + end;
    if (length > this.#end - from) throw broken(`a page claims ${length} bytes, beyond its column`);
    this.#at = from + length;
    const isWhole = end + length <= window.length;
    return { header, bytes: isWhole ? window.subarray(end, end + length) : await this.file.readAt(from, length) };
  }
}

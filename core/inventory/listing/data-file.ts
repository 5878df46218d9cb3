import { createHash } from 'node:crypto';
import type { ListedRange } from '../../../contracts/listing.js';
import { encodeKey } from '../../keys.js';
import type { FileStore, FileWriter } from '../../ports.js';
import { inventoryLine } from '../own-inventory.js';
import { packLines } from '../row-codec.js';
import type { ListedObject } from './listers.js';

/** What a listing shows of an object, by the names of S3 Inventory. */
export const LIST_COLUMNS = ['Bucket', 'Key', 'Size', 'LastModifiedDate', 'ETag', 'StorageClass'];
/**
 * The same as of a time, where the version matters. No inventory of S3 has versions without IsLatest: so this one is known.
 */
export const AS_OF_COLUMNS = [...LIST_COLUMNS, 'VersionId'];

/** Whether an inventory of these columns was listed as of a time: each row names the version that is meant. */
export function isAsOf(columns: readonly string[]): boolean {
  return columns.join() === AS_OF_COLUMNS.join();
}

/** Lines in one gzip member: about a megabyte of text. */
const MEMBER_LINES = 10_000;

/** A data file of an inventory, which appears whole on `close`, in constant memory. */
export class DataFile {
  rows = 0;
  #lines: string[] = [];
  #size = 0;
  #first: string | undefined;
  readonly #md5 = createHash('md5');
  readonly #writer: FileWriter;

  constructor(
    work: Pick<FileStore, 'writer'>,
    private readonly key: string,
    private readonly sourceBucket: string,
    private readonly columns: readonly string[],
  ) {
    this.#writer = work.writer(key);
  }

  async write(objects: readonly ListedObject[]): Promise<void> {
    this.#first ??= objects[0]?.key;
    this.rows += objects.length;
    const hasVersions = isAsOf(this.columns);
    for (const { key, size, lastModified, etag, storageClass, versionId = 'null' } of objects)
      this.#lines.push(
        inventoryLine([
          this.sourceBucket,
          encodeKey(key),
          size,
          new Date(lastModified).toISOString(),
          etag,
          storageClass,
          ...(hasVersions ? [versionId] : []),
        ]),
      );
    if (this.#lines.length >= MEMBER_LINES) await this.#flush();
  }

  /** Undefined, and no file, where no object was written. */
  async close(): Promise<ListedRange['file']> {
    if (this.#first === undefined) return undefined;
    if (this.#lines.length > 0) await this.#flush();
    await this.#writer.close();
    return { key: this.key, size: this.#size, md5: this.#md5.digest('hex'), first: this.#first };
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  async #flush(): Promise<void> {
    const member = await packLines(this.#lines);
    this.#lines = [];
    this.#size += member.length;
    this.#md5.update(member);
    await this.#writer.write(member);
  }
}

import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FileFormat } from '../catalog/table.js';
import { QueryFailure } from '../query-failure.js';
import { plainCsv } from './csv-lines.js';
import { compressionOf } from './data-files.js';
import type { SourceObject } from './data-source.js';
import type { QueryDatabase } from './duckdb.js';

/** Copies of objects where DuckDB can read them. One is made of each object and format, and stays until the end. */
export class LocalFiles {
  readonly #database: QueryDatabase;
  readonly #files = new Map<string, Promise<string>>();
  #count = 0;

  constructor(database: QueryDatabase) {
    this.#database = database;
  }

  /** The path of a copy; its name is a number, never of the key. @throws QueryFailure where the object is not what the table says */
  path(object: SourceObject, format: FileFormat): Promise<string> {
    const identity = `${object.identity} ${JSON.stringify(format)}`;
    const known = this.#files.get(identity);
    if (known) return known;
    const made = this.#make(object, format);
    this.#files.set(identity, made);
    // A copy that failed is made anew when it is asked for again.
    made.catch(() => this.#files.delete(identity));
    return made;
  }

  async #make(object: SourceObject, format: FileFormat): Promise<string> {
    this.#count += 1;
    const path = join(await this.#database.folder(), `${this.#count}.${format.kind}`);
    if (format.kind !== 'csv') {
      const ends = [object.body.subarray(0, 4), object.body.subarray(-4)];
      if (!ends.every((end) => end.equals(PARQUET)))
        throw new QueryFailure(
          `HIVE_BAD_DATA: Not valid Parquet file: s3://${object.bucket}/${object.key} expected magic number: PAR1`,
        );
      await writeFile(path, object.body);
      return path;
    }
    const target = createWriteStream(path);
    const lines = plainCsv(format);
    const source = Readable.from(slices(object.body));
    try {
      if (compressionOf(object.key, format) === 'gzip')
        await pipeline(source, createGunzip({ chunkSize: CHUNK }), lines, target);
      else await pipeline(source, lines, target);
    } catch (error) {
      if (error instanceof QueryFailure) throw error;
      throw new QueryFailure(
        `HIVE_CURSOR_ERROR: Failed to read file: s3://${object.bucket}/${object.key}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    return path;
  }
}

function* slices(body: Buffer): Generator<Buffer> {
  for (let start = 0; start < body.length; start += CHUNK) yield body.subarray(start, start + CHUNK);
}

const PARQUET = Buffer.from('PAR1');

const CHUNK = 256 * 1024;

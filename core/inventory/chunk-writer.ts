import { MOST_CHUNK_ROWS, type Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { destinationKey, justBefore } from '../keys.js';
import type { FileWriter } from '../ports.js';
import { packRows } from './row-codec.js';

/**
 * Cuts sorted rows into chunks, each one gzip member of one file. A chunk ends only where the key changes: rows of one key
 * are in one chunk, which may be larger for it. MOST_CHUNK_ROWS is held even so, since a chunk is held in memory.
 */
export class ChunkWriter {
  readonly chunks: Chunk[] = [];
  #rows: Row[] = [];
  #offset = 0;

  constructor(
    private readonly target: { file: FileWriter; key: string; idPrefix: string; chunkRows: number },
    private readonly request: RunRequest,
  ) {}

  async write(row: Row): Promise<void> {
    const held = this.#rows.length;
    const keyChanges = row.key !== this.#rows.at(-1)?.key;
    if (held >= MOST_CHUNK_ROWS || (held >= this.target.chunkRows && keyChanges)) await this.#cut();
    this.#rows.push(row);
  }

  /** Writes the last chunk; the file itself stays open. */
  async end(): Promise<void> {
    if (this.#rows.length > 0) await this.#cut();
  }

  async #cut(): Promise<void> {
    const rows = this.#rows;
    this.#rows = [];
    const member = await packRows(rows);
    await this.target.file.write(member);
    const segment = { key: this.target.key, offset: this.#offset, length: member.length };
    this.#offset += member.length;
    this.chunks.push(describeChunk(`${this.target.idPrefix}-${this.chunks.length}`, rows, segment, this.request));
  }
}

function describeChunk(
  id: string,
  rows: readonly Row[],
  segment: Chunk['segments'][number],
  request: RunRequest,
): Chunk {
  const first = rows[0]?.key ?? '';
  return {
    id,
    rows: rows.length,
    bytes: sumSizes(rows),
    after: justBefore(destinationKey(first, request)),
    first,
    last: rows.at(-1)?.key ?? '',
    segments: [segment],
  };
}

/** Rows whose size is not known count for nothing. */
export function sumSizes(rows: readonly { size: number | undefined }[]): number {
  return rows.reduce((sum, row) => sum + (row.size ?? 0), 0);
}

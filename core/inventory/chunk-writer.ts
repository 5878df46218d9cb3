import { MOST_CHUNK_ROWS, type Chunk } from '../../contracts/chunk.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { destinationKey, justBefore } from '../keys.js';
import type { FileWriter } from '../ports.js';
import { packBytes } from './row-codec.js';
import { keyOf, type RowLine, type RowLines } from './row-lines.js';

/** The rows of the chunk that is being written. */
interface Open {
  rows: number;
  /** Sum of their sizes. */
  bytes: number;
  first: string;
  /** Their lines, but for those of the batch that is being read. */
  parts: Buffer[];
}

/**
 * Cuts sorted rows into chunks, each one gzip member of one file. A chunk ends only where the key changes: rows of one key
 * are in one chunk, which may be larger for it. MOST_CHUNK_ROWS is held even so, since a chunk is held in memory.
 */
export class ChunkWriter {
  #open: Open | undefined;
  /** The key of the last row of the batch before. */
  #last = '';
  #chunks = 0;
  #offset = 0;

  /** @param onChunk is told of each chunk when its rows are written */
  constructor(
    private readonly target: { file: FileWriter; key: string; idPrefix: string; chunkRows: number },
    private readonly request: RunRequest,
    private readonly onChunk: (chunk: Chunk) => Promise<void>,
  ) {}

  async write({ bytes, lines }: RowLines): Promise<void> {
    let from = 0;
    let before: RowLine | undefined;
    for (const line of lines) {
      if (this.#open && this.#open.rows >= Math.min(this.target.chunkRows, MOST_CHUNK_ROWS)) {
        const last = before ? keyOf(before) : this.#last;
        if (this.#open.rows >= MOST_CHUNK_ROWS || last !== keyOf(line)) {
          this.#open.parts.push(bytes.subarray(from, line.start));
          from = line.start;
          await this.#cut(this.#open, last);
        }
      }
      this.#open ??= { rows: 0, bytes: 0, first: keyOf(line), parts: [] };
      this.#open.rows += 1;
      this.#open.bytes += line.size;
      before = line;
    }
    if (before) this.#last = keyOf(before);
    this.#open?.parts.push(bytes.subarray(from));
  }

  /** Writes the last chunk; the file itself stays open. */
  async end(): Promise<void> {
    if (this.#open) await this.#cut(this.#open, this.#last);
  }

  async #cut({ parts, rows, bytes, first }: Open, last: string): Promise<void> {
    this.#open = undefined;
    const member = await packBytes(Buffer.concat(parts));
    await this.target.file.write(member);
    const segment = { key: this.target.key, offset: this.#offset, length: member.length };
    this.#offset += member.length;
    await this.onChunk({
      id: `${this.target.idPrefix}-${this.#chunks++}`,
      rows,
      bytes,
      after: justBefore(destinationKey(first, this.request)),
      first,
      last,
      segments: [segment],
    });
  }
}

/** Rows whose size is not known count for nothing. */
export function sumSizes(rows: readonly { size: number | undefined }[]): number {
  return rows.reduce((sum, row) => sum + (row.size ?? 0), 0);
}

import type { RunRequest } from '../../contracts/run-request.js';
import { LineWriter } from '../lines.js';
import type { FileStore } from '../ports.js';
import { ChunkWriter } from './chunk-writer.js';
import type { RowLines } from './row-lines.js';

/** Where a file of chunks goes, and how it is cut. */
export interface ChunkFile {
  /** Key of the rows, and of the chunk lines beside them. */
  rows: string;
  lines: string;
  /** Chunks are called `<idPrefix>-<n>`. */
  idPrefix: string;
  chunkRows: number;
}

/** What a file of chunks holds. */
export interface ChunkSums {
  rows: number;
  bytes: number;
  chunks: number;
}

/** Takes rows, in batches of any size. */
export type WriteRows = (rows: RowLines) => Promise<void>;

/**
 * Writes rows, which `fill` gives in order, as chunks, and a line for each beside them. Both files appear when all is
 * written, the rows first. Undefined, and nothing written, where `fill` finds the rows out of order.
 */
export async function writeChunkFile(
  work: Pick<FileStore, 'writer'>,
  file: ChunkFile,
  request: RunRequest,
  fill: (write: WriteRows) => Promise<'written' | 'unsorted'>,
): Promise<ChunkSums | undefined> {
  const output = work.writer(file.rows);
  const lines = new LineWriter(work.writer(file.lines));
  try {
    const { idPrefix, chunkRows } = file;
    const sums: ChunkSums = { rows: 0, bytes: 0, chunks: 0 };
    const writer = new ChunkWriter({ file: output, key: file.rows, idPrefix, chunkRows }, request, async (chunk) => {
      sums.rows += chunk.rows;
      sums.bytes += chunk.bytes;
      sums.chunks += 1;
      await lines.write(chunk);
    });
    if ((await fill((rows) => writer.write(rows))) === 'unsorted') return undefined;
    await writer.end();
    await output.close();
    await lines.close();
    return sums;
  } finally {
    await output.abort();
    await lines.abort();
  }
}

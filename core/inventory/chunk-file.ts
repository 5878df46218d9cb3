import type { Row } from '../../contracts/row.js';
import type { RunRequest } from '../../contracts/run-request.js';
import { LineWriter } from '../lines.js';
import type { FileStore } from '../ports.js';
import { ChunkWriter, sumSizes } from './chunk-writer.js';

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

/**
 * Writes rows, which `fill` gives in order, as chunks, and a line for each beside them. Both files appear when all is
 * written, the rows first. Undefined, and nothing written, where `fill` finds the rows out of order.
 */
export async function writeChunkFile(
  work: Pick<FileStore, 'writer'>,
  file: ChunkFile,
  request: RunRequest,
  fill: (write: (row: Row) => Promise<void>) => Promise<'written' | 'unsorted'>,
): Promise<ChunkSums | undefined> {
  const output = work.writer(file.rows);
  const lines = new LineWriter(work.writer(file.lines));
  try {
    const { idPrefix, chunkRows } = file;
    const writer = new ChunkWriter({ file: output, key: file.rows, idPrefix, chunkRows }, request);
    if ((await fill((row) => writer.write(row))) === 'unsorted') return undefined;
    await writer.end();
    await output.close();
    for (const chunk of writer.chunks) await lines.write(chunk);
    await lines.close();
    return {
      rows: writer.chunks.reduce((sum, chunk) => sum + chunk.rows, 0),
      bytes: sumSizes(writer.chunks.map(({ bytes }) => ({ size: bytes }))),
      chunks: writer.chunks.length,
    };
  } finally {
    await output.abort();
    await lines.abort();
  }
}

import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import { readAttempts } from '../copy/attempts.js';
import { readChunkRows } from '../inventory/row-codec.js';
import { encodeKey } from '../keys.js';
import type { FileStore } from '../ports.js';

/** What one chunk has for the job of its pass: lines of its manifest. */
export interface ChunkTasks {
  lines: string;
  tasks: number;
  /** Sum of sizes. */
  bytes: number;
}

/** The lines of a chunk: `bucket,key,version`, as S3 Batch Operations reads them, of every row that CopyChunk queued. */
export async function tasksOf(
  files: FileStore,
  at: { runId: string; pass: number; chunk: Chunk; bucket: string },
): Promise<ChunkTasks> {
  const { byRow } = await readAttempts(files, { ...at, chunk: at.chunk.id }, at.chunk.rows);
  const queued = [...byRow.values()].filter((each) => each.kind === 'queued');
  if (queued.length === 0) return { lines: '', tasks: 0, bytes: 0 };
  const rows = await readChunkRows(files, at.chunk);
  return {
    lines: queued
      .toSorted((a, b) => a.row - b.row)
      .map(({ row, versionId }) => manifestLine(at.bucket, (rows[row] as Row).key, versionId))
      .join(''),
    tasks: queued.length,
    bytes: queued.reduce((sum, { size }) => sum + size, 0),
  };
}

/** One line of a job's manifest. Keys are percent-encoded, and hold no comma, quote or newline then. */
export function manifestLine(bucket: string, key: string, versionId: string): string {
  return `${bucket},${encodeKey(key)},${versionId}\n`;
}

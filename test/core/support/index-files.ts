import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import type { Run } from '../../../contracts/run.js';
import type { ResultWriterDetails } from '../../../contracts/states.js';
import type { Indexed } from '../../../contracts/tally.js';
import { writeChunkFile } from '../../../core/inventory/chunk-file.js';
import { decodeRows, unpackText } from '../../../core/inventory/row-codec.js';
import { compareRows } from './rows.js';
import type { FileWriter } from '../../../core/ports.js';
import { runFiles } from '../../../core/run-files.js';
import { writeResults } from './results.js';
import { writeRun } from './rows.js';
import { WORK, type Storage } from './storage.js';
import { encodeRows } from './row-lines.js';

/** Puts a run in the work bucket whose IndexFile children have indexed files of these rows. Answers where their answers are. */
export async function writeIndex(
  storage: Storage,
  run: Run,
  files: readonly (readonly Row[])[],
  chunkRows: number,
): Promise<ResultWriterDetails> {
  const paths = runFiles(run.id);
  await writeRun(storage, run);
  await storage.ports.work.write(paths.files, files.map((_, file) => `${JSON.stringify({ file })}\n`).join(''));
  const answers: Indexed[] = [];
  for (const [file, rows] of files.entries()) {
    const target = { rows: paths.index(file), lines: paths.indexChunks(file), idPrefix: `${file}`, chunkRows };
    const sums = await writeChunkFile(
      { writer: (key) => quickWriter(storage, key) },
      target,
      run.request,
      async (write) => {
        await write(encodeRows(rows.toSorted(compareRows)));
        return 'written';
      },
    );
    if (!sums) throw new Error('nothing was written');
    const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
    const { rows: expected, bytes, chunks } = sums;
    answers.push({ kind: 'indexed', file, rows: expected, outOfScope, expected, bytes, chunks });
  }
  return writeResults(storage, `${paths.root}pass-1/index`, answers);
}

/** Puts the file where it belongs without a request: there are hundreds of them. */
function quickWriter({ s3 }: Storage, key: string): FileWriter {
  const blocks: Buffer[] = [];
  return {
    write: (bytes) => Promise.resolve(void blocks.push(bytes)),
    close: () => Promise.resolve(void s3.putObject(WORK, key, Buffer.concat(blocks))),
    abort: () => Promise.resolve(),
  };
}

/** The rows of chunks, chunk by chunk. */
export async function rowsOf({ s3 }: Storage, chunks: readonly Chunk[]): Promise<Row[][]> {
  const members = chunks.map(({ segments }) =>
    segments.map(({ key, offset, length }) => s3.getObject(WORK, key)?.body.subarray(offset, offset + length)),
  );
  return Promise.all(
    members.map(async (each) => {
      const rows = await Promise.all(each.map(async (bytes) => decodeRows(await unpackText(bytes ?? Buffer.of()))));
      return rows.flat();
    }),
  );
}

/** Deals items to so many files in turn: each file spans all of them. */
export function deal<T>(items: readonly T[], files: number): T[][] {
  return Array.from({ length: files }, (_, file) => items.filter((_, index) => index % files === file));
}

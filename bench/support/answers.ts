import type { Chunk } from '../../contracts/chunk.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import type { Plan, Verified } from '../../contracts/tally.js';
import { LineWriter } from '../../core/lines.js';
import { runFiles, writeJson } from '../../core/run-files.js';
import { noCounts } from '../../core/verify/counts.js';
import { folderStore } from './folder-store.js';
import { RUN_ID, writeRun } from './inventory-input.js';

const CHUNK_ROWS = 10_000;
/** Into which a chunk is split whose worker failed. */
const PIECES = 10;

/** Writes a pass of so many rows, and what VerifyChunk answered for each of its chunks: all of it settled, or all of it owed in pieces. */
export async function writeAnswers(
  folder: string,
  rows: number,
  outcome: 'settled' | 'owed',
): Promise<ResultWriterDetails> {
  const files = folderStore(folder);
  const paths = runFiles(RUN_ID);
  await writeRun(folder);
  const count = rows / CHUNK_ROWS;
  const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
  const plan: Plan = { manifestRows: rows, outOfScope, expected: rows, bytes: 0, chunks: count };
  await writeJson(files, paths.plan, plan);
  const results = `${paths.root}pass-1/verify`;
  const chunks = new LineWriter(files.writer(paths.chunks(1)));
  const answers = new LineWriter(files.writer(`${results}/SUCCEEDED_0.json`));
  for (let n = 0; n < count; n++) {
    const chunk = chunkOf(n);
    await chunks.write(chunk);
    await answers.write(answerOf(chunk, outcome));
  }
  await chunks.close();
  await answers.close();
  const succeeded = [{ Key: `${results}/SUCCEEDED_0.json`, Size: 0 }];
  await writeJson(files, `${results}/manifest.json`, {
    DestinationBucket: files.bucket,
    ResultFiles: { SUCCEEDED: succeeded, FAILED: [], PENDING: [] },
  });
  return { Bucket: files.bucket, Key: `${results}/manifest.json` };
}

function chunkOf(n: number): Chunk {
  const first = keyOf(n, 0);
  const segments = [{ key: 'index/0.csv.gz', offset: n * 360_000, length: 360_000 }];
  return { id: `0-${n}`, rows: CHUNK_ROWS, bytes: 4e10, after: first, first, last: keyOf(n, CHUNK_ROWS - 1), segments };
}

function answerOf({ id, rows, first, last }: Chunk, outcome: 'settled' | 'owed'): Verified {
  const isOwed = outcome === 'owed';
  const key = `report/${id}-1_0a1b2c3d.csv.gz`;
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const file = { key, md5, status: isOwed ? ('failed' as const) : ('succeeded' as const), rows };
  const evidence = { ...noCounts().evidence, etag: rows };
  const piece = (n: number) => ({
    segment: { key: `owed/${id}_0a1b2c3d.csv.gz`, offset: n * 36_000, length: 36_000 },
    rows: rows / PIECES,
    bytes: 4e9,
    first: `${first}${n}`,
    last: `${last}${n}`,
  });
  return {
    chunk: id,
    counts: isOwed
      ? { ...noCounts(), owed: rows, causes: { NotAttempted: rows } }
      : { ...noCounts(), identical: rows, evidence },
    owed: isOwed ? Array.from({ length: PIECES }, (_, n) => piece(n)) : [],
    report: isOwed ? [] : [file],
    owedReport: isOwed ? [file] : [],
    proofs: [],
  };
}

/** Of about the length that keys have. */
function keyOf(chunk: number, row: number): string {
  return `users/${String(chunk).padStart(7, '0')}/pictures/2024/IMG_${String(row).padStart(4, '0')}_original.jpg`;
}

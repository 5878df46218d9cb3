import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { attempt, attemptsHeader, type Attempt, type AttemptsHeader } from '../../contracts/attempt.js';
import { unpackText } from '../inventory/row-codec.js';
import type { FileStore } from '../ports.js';
import { runFiles } from '../run-files.js';

const pack = promisify(gzip);

/** Attempts of one chunk in one pass, as they stand on file. */
export interface AttemptsOnFile {
  /** Rows that some file settles: true at the row's index. */
  readonly covered: readonly boolean[];
  /** The attempt that counts for a row. Covered rows without one are identical by ETag. */
  readonly byRow: ReadonlyMap<number, Attempt>;
}

/** Writes the attempts of rows `from` (inclusive) to `to` (exclusive). The name depends on `from` alone, so that a second try overwrites the first. */
export async function writeAttempts(
  files: FileStore,
  at: { runId: string; pass: number; chunk: string },
  header: AttemptsHeader,
  attempts: readonly Attempt[],
): Promise<void> {
  const lines = [header, ...attempts].map((line) => `${JSON.stringify(line)}\n`);
  await files.write(runFiles(at.runId).attempts(at.pass, at.chunk, header.from), await pack(lines.join('')));
}

/**
 * Reads all attempts of a chunk. A Lambda that was retried may have run beside its predecessor, so files can overlap;
 * of two attempts for a row the one that S3 answered with success counts.
 */
export async function readAttempts(
  files: FileStore,
  at: { runId: string; pass: number; chunk: string },
  rows: number,
): Promise<AttemptsOnFile> {
  const covered: boolean[] = Array.from({ length: rows }, () => false);
  const byRow = new Map<number, Attempt>();
  for await (const key of files.list(runFiles(at.runId).attemptsOf(at.pass, at.chunk))) {
    const file = await files.read(key);
    if (!file) continue;
    const [header = '', ...lines] = (await unpackText(file.body)).split('\n').filter(Boolean);
    const { from, to } = attemptsHeader.parse(JSON.parse(header));
    covered.fill(true, from, Math.min(to, rows));
    for (const line of lines) {
      const next = attempt.parse(JSON.parse(line));
      const known = byRow.get(next.row);
      if (!known || weight(next) >= weight(known)) byRow.set(next.row, next);
    }
  }
  return { covered, byRow };
}

function weight(each: Attempt): number {
  return { failed: 0, gone: 1, archived: 1, identical: 2, sent: 3 }[each.kind];
}

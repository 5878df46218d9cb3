import { createHash } from 'node:crypto';
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

/**
 * Writes the attempts of rows `from` (inclusive) to `to` (exclusive), but for those that are open. The name is made of the
 * content: what is written twice is there once, and what a later call says of an open row overwrites nothing.
 */
export async function writeAttempts(
  files: FileStore,
  at: { runId: string; pass: number; chunk: string },
  header: AttemptsHeader,
  attempts: readonly Attempt[],
): Promise<void> {
  const text = [header, ...attempts].map((line) => `${JSON.stringify(line)}\n`).join('');
  const md5 = createHash('md5').update(text).digest('hex');
  await files.write(runFiles(at.runId).attempts(at.pass, at.chunk, header.from, md5), await pack(text));
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
    const { from, to, open = [] } = attemptsHeader.parse(JSON.parse(header));
    const isOpen = new Set(open);
    for (let row = from; row < Math.min(to, rows); row++) covered[row] ||= !isOpen.has(row);
    for (const line of lines) {
      const next = attempt.parse(JSON.parse(line));
      const known = byRow.get(next.row);
      if (!known || weight(next) >= weight(known)) byRow.set(next.row, next);
    }
  }
  return { covered, byRow };
}

function weight(each: Attempt): number {
  return { failed: 0, restoring: 1, queued: 2, gone: 3, archived: 3, identical: 4, sent: 5 }[each.kind];
}

import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import type { Run } from '../../../contracts/run.js';
import type { OwedChunk, Tally } from '../../../contracts/tally.js';
import { packLines, packRows } from '../../../core/inventory/row-codec.js';
import { reportRow } from '../../../core/report/report-row.js';
import { runFiles, writeJson } from '../../../core/run-files.js';
import { noCounts } from '../../../core/verify/counts.js';
import { writeRun } from './rows.js';
import { SOURCE, type Storage } from './storage.js';

/** A row that is owed, and why. */
export interface OwedRow {
  row: Row;
  cause: string;
}

/**
 * Leaves a run in the work bucket that ended after its first pass, and owes these rows: of each chunk, the gzip members that
 * VerifyChunk has cut them into.
 */
export async function leaveOwing(storage: Storage, run: Run, chunks: readonly (readonly OwedRow[][])[]): Promise<void> {
  const { work } = storage.ports;
  const paths = runFiles(run.id);
  const next: Chunk[] = [];
  const owed: OwedChunk[] = [];
  const totals = noCounts();
  for (const [index, members] of chunks.entries()) {
    const { segments, report, rows } = await leaveChunk(storage, run.id, `0-${index}`, members);
    const [first, last] = [rows[0]?.row.key ?? '', rows.at(-1)?.row.key ?? ''];
    const causes: Record<string, number> = {};
    for (const { cause } of rows) causes[cause] = (causes[cause] ?? 0) + 1;
    for (const [cause, count] of Object.entries(causes)) totals.causes[cause] = (totals.causes[cause] ?? 0) + count;
    totals.owed += rows.length;
    next.push({ id: `p2-${index}`, rows: rows.length, bytes: 0, after: '', first, last, segments });
    owed.push({ rows: rows.length, first, segments, causes, report });
  }
  await writeRun(storage, run);
  await work.write(paths.chunks(1), Buffer.of());
  await work.write(paths.chunks(2), linesOf(next));
  await work.write(paths.owedChunks(1), linesOf(owed));
  await writeJson(work, paths.tally(1), {
    pass: 1,
    decision: 'giveUp',
    why: '',
    totals,
    unanswered: 0,
    waits: 0,
  } satisfies Tally);
}

async function leaveChunk({ ports }: Storage, runId: string, chunk: string, members: readonly OwedRow[][]) {
  const paths = runFiles(runId);
  const [key, report] = [paths.owed(1, chunk), paths.owedReport(1, chunk)];
  const rows = members.flat();
  const packed = await Promise.all(members.map((member) => packRows(member.map(({ row }) => row))));
  let offset = 0;
  const segments = packed.map(({ length }) => ({ key, offset: (offset += length) - length, length }));
  await ports.work.write(key, Buffer.concat(packed));
  const lines = rows.map(({ row, cause }) =>
    reportRow(SOURCE, row, { kind: 'owed', cause, message: `it’s "${cause}"` }),
  );
  await ports.work.write(report, await packLines(lines));
  return { segments, report, rows };
}

function linesOf(values: readonly object[]): Buffer {
  return Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

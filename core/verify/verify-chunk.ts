import { createHash } from 'node:crypto';
import type { Chunk } from '../../contracts/chunk.js';
import type { Run } from '../../contracts/run.js';
import type { Row } from '../../contracts/row.js';
import type { ProofsFile } from '../../contracts/proof.js';
import type { OwedPiece, ReportFile, Verified } from '../../contracts/tally.js';
import { readAttempts } from '../copy/attempts.js';
import { recordFailures, resolveFailures } from '../copy/record-failures.js';
import { sumSizes } from '../inventory/chunk-writer.js';
import { packLines, packRows, readChunkRows } from '../inventory/row-codec.js';
import { inParallel } from '../parallel.js';
import type { Deadline, Ports } from '../ports.js';
import { reportRow } from '../report/report-row.js';
import { keyByContent, readRun, runFiles } from '../run-files.js';
import { countVerdict, noCounts } from './counts.js';
import { arrivedOf } from './arrived.js';
import { heldBack, isOwed, judge, RESTORE_UNDER_WAY, type Judged, type Owed } from './judge.js';
import { judgeByListing } from './judge-by-listing.js';
import { judgeByLooking } from './judge-by-looking.js';
import { QueuedJudge } from './judge-queued.js';
import { keepKeysWhole } from './keep-keys-whole.js';
import { proofOf } from './proofs.js';

/** What this state reaches. */
type VerifyPorts = Pick<Ports, 'work' | 'pair' | 'failures' | 'clock' | 'random' | 'retryDelayMs'>;

export interface VerifyChunkInput {
  runId: string;
  pass: number;
  chunk: Chunk;
}

/** Time kept for looks in flight to end and files to be written. */
const LONGEST_MARGIN_MS = 120_000;

/** HEADs in flight at once, of replicas that a listing does not prove. */
const HEADS_IN_FLIGHT = 16;
/** A chunk whose worker failed goes on in this many pieces, so that one bad row holds fewer others back. */
const PIECES_OF_A_FAILED_CHUNK = 10;

/**
 * State VerifyChunk: settles each row by the attempts on file, and by a listing only where something was sent; with
 * `engine: "none"`, by a look at both sides.
 * Writes settled rows to the report and owed rows for the next pass, under names by their content: of two tries each describes its own.
 */
export async function verifyChunk(
  ports: VerifyPorts,
  input: VerifyChunkInput,
  deadline: Deadline = () => Infinity,
): Promise<Verified> {
  const margin = Math.min(LONGEST_MARGIN_MS, deadline() / 4);
  const run = await readRun(ports, input.runId);
  const rows = await readChunkRows(ports.work, input.chunk);
  const judged = await judgeRows(ports, run, input, rows, () => deadline() < margin);

  const counts = noCounts();
  for (const { row, verdict } of judged) countVerdict(counts, row, verdict);
  const owed = judged.filter((each): each is Judged<Owed> => isOwed(each.verdict));
  const settled = judged.filter(({ verdict }) => !isOwed(verdict));
  await keepTable(ports, input, owed, settled);
  return {
    chunk: input.chunk.id,
    counts,
    owed: await writeOwed(ports, input, owed),
    report: await writeReport(ports, run, runFiles(run.id).report(input.chunk.id, input.pass), settled, 'succeeded'),
    owedReport: await writeReport(ports, run, runFiles(run.id).owedReport(input.pass, input.chunk.id), owed, 'failed'),
    proofs: await writeProofs(ports, input, judged),
  };
}

/** By what is on file of this run's copies; or, where it copies nothing, by what is there. */
function judgeRows(
  ports: VerifyPorts,
  run: Run,
  input: VerifyChunkInput,
  rows: readonly Row[],
  isLate: () => boolean,
): Promise<Judged[]> {
  if (run.request.dryRun)
    return ports.clock.now() >= (run.stopAt ?? Infinity)
      ? Promise.resolve(rows.map((row) => ({ row, verdict: heldBack('stopAfter') })))
      : judgeByListing(ports, run, input.chunk, rows);
  if (run.request.engine === 'none') return judgeByLooking(ports, run, input, rows, isLate);
  return judgeByAttempts(ports, run, input, rows);
}

async function judgeByAttempts(
  ports: VerifyPorts,
  run: Run,
  input: VerifyChunkInput,
  rows: readonly Row[],
): Promise<Judged[]> {
  const onFile = await readAttempts(ports.work, { ...input, chunk: input.chunk.id }, rows.length);
  const queued = [...onFile.byRow.values()].filter((each) => each.kind === 'queued');
  const mayBeStopped = queued.length > 0 || onFile.covered.includes(false);
  const stopCause = mayBeStopped ? await ports.failures.stopCause(run.id) : undefined;
  const arrived = await arrivedOf(ports, run, rows, onFile.byRow);
  const judged = rows.map((row, index): Judged => {
    const attempt = onFile.byRow.get(index);
    const verdict = judge(onFile.covered[index] ?? false, attempt, arrived.get(index), stopCause);
    return { row, verdict, proof: isOwed(verdict) ? undefined : proofOf(row, attempt) };
  });
  if (queued.length > 0) {
    const byJob = new QueuedJudge(ports, run, input, stopCause);
    await inParallel(queued, HEADS_IN_FLIGHT, async (attempt) => {
      const row = rows[attempt.row] as Row;
      judged[attempt.row] = await byJob.judge(row, attempt, arrived.get(attempt.row));
    });
  }
  return run.request.versions === 'all' ? keepKeysWhole(judged) : judged;
}

/** CopyChunk has recorded what it saw fail, but for what it was killed over; what fails only here is recorded here. */
async function keepTable(
  ports: VerifyPorts,
  input: VerifyChunkInput,
  owed: readonly Judged<Owed>[],
  settled: readonly Judged[],
): Promise<void> {
  const failed = owed.filter(({ verdict }) => verdict.cause !== RESTORE_UNDER_WAY);
  await recordFailures(
    ports,
    input,
    failed.map(({ row, verdict }) => ({ row, failure: verdict })),
  );
  await resolveFailures(
    ports,
    input,
    settled.map(({ row }) => row),
  );
}

async function writeOwed(
  ports: VerifyPorts,
  input: VerifyChunkInput,
  owed: readonly Judged<Owed>[],
): Promise<OwedPiece[]> {
  if (owed.length === 0) return [];
  const workerFailed = owed.some(({ verdict }) => verdict.cause === 'NotAttempted');
  const perPiece = workerFailed ? Math.ceil(owed.length / PIECES_OF_A_FAILED_CHUNK) : owed.length;
  const members: Buffer[] = [];
  const pieces: Omit<OwedPiece, 'segment'>[] = [];
  for (let from = 0, to = 0; from < owed.length; from = to) {
    to = endOfKey(owed, from + perPiece);
    const rows = owed.slice(from, to).map(({ row }) => row);
    members.push(await packRows(rows));
    pieces.push({
      rows: rows.length,
      bytes: sumSizes(rows),
      first: rows[0]?.key ?? '',
      last: rows.at(-1)?.key ?? '',
    });
  }
  const body = Buffer.concat(members);
  const key = keyByContent(runFiles(input.runId).owed(input.pass, input.chunk.id), md5Of(body));
  await ports.work.write(key, body);
  let offset = 0;
  return pieces.map((piece, index) => {
    const length = members[index]?.length ?? 0;
    const segment = { key, offset, length };
    offset += length;
    return { segment, ...piece };
  });
}

/** A piece ends where the key changes: versions of a key are worked on together. */
function endOfKey(owed: readonly Judged[], to: number): number {
  let end = Math.min(to, owed.length);
  while (end < owed.length && owed[end]?.row.key === owed[end - 1]?.row.key) end += 1;
  return end;
}

async function writeReport(
  ports: VerifyPorts,
  run: Run,
  key: string,
  judged: readonly Judged[],
  status: ReportFile['status'],
): Promise<ReportFile[]> {
  if (judged.length === 0) return [];
  const body = await packLines(judged.map(({ row, verdict }) => reportRow(run.request.source.bucket, row, verdict)));
  const md5 = md5Of(body);
  const named = keyByContent(key, md5);
  await ports.work.write(named, body);
  return [{ key: named, md5, status, rows: judged.length }];
}

async function writeProofs(
  ports: VerifyPorts,
  { runId, pass, chunk }: VerifyChunkInput,
  judged: readonly Judged[],
): Promise<ProofsFile[]> {
  const lines = judged.flatMap(({ proof }) => proof ?? []);
  const [first, last] = [lines[0], lines.at(-1)];
  if (!first || !last) return [];
  const body = await packLines(lines.map((line) => JSON.stringify(line)));
  const key = keyByContent(runFiles(runId).proofs(chunk.id, pass), md5Of(body));
  await ports.work.write(key, body);
  return [{ key, rows: lines.length, first: first.key, last: last.key }];
}

function md5Of(body: Buffer): string {
  return createHash('md5').update(body).digest('hex');
}

import { chunk as chunkSchema } from '../../contracts/chunk.js';
import type { FenceName } from '../../contracts/fence.js';
import type { Run } from '../../contracts/run.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import {
  plan as planSchema,
  tally as tallySchema,
  verified as verifiedSchema,
  type OwedChunk,
  type Tally,
  type Verified,
} from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import { externalSort } from '../external-sort.js';
import { fenceOf, fenceWords } from '../fences/fence.js';
import { compareKeys } from '../keys.js';
import { LineWriter, readLines } from '../lines.js';
import type { FileStore, Ports } from '../ports.js';
import { readAnswers } from '../results.js';
import { readJson, readRun, runFiles, writeJson } from '../run-files.js';
import { addCounts, noCounts, settledRows } from './counts.js';
import { decide, waitBefore, waitForRestore, type Standing } from './decide.js';
import { FENCE_REACHED, RESTORE_UNDER_WAY } from './judge.js';
import { packPieces, type Piece } from './next-pass.js';
import { recordProofs } from './proven-by.js';

/** What this state reaches. */
type TallyPorts = Pick<Ports, 'work' | 'failures' | 'scratch' | 'clock'>;

export interface TallyPassInput {
  runId: string;
  pass: number;
  verified: ResultWriterDetails;
}

export interface TallyPassAnswer {
  decision: Tally['decision'];
  why: string;
  totals: Tally['totals'];
  /** Before the next pass; 0 where none follows. */
  waitSeconds: number;
}

/** About 100,000 pieces of owed rows at once. */
const SORT_MEMORY_BYTES = 64 * 1024 * 1024;

/**
 * State TallyPass: adds up what the children answered, writes what is still owed as the next pass's chunks.jsonl, checks the
 * identity and decides. A chunk without an answer is owed whole. Throws IdentityBroken where rows were lost or counted twice.
 */
export async function tallyPass(ports: TallyPorts, input: TallyPassInput, chunkRows: number): Promise<TallyPassAnswer> {
  const run = await readRun(ports, input.runId);
  const paths = runFiles(input.runId);
  const before = await standingBefore(ports, input);
  const books = await closeBooks(ports, input, { pass: input.pass + 1, chunkRows, request: run.request });

  const totals = noCounts();
  addCounts(totals, { ...before.totals, owed: 0, causes: {} });
  addCounts(totals, books.counts);
  if (settledRows(totals) + totals.owed !== before.expected)
    throw new BackfillError(
      'IdentityBroken',
      `Pass ${input.pass}: expected ${before.expected} rows, ${settledRows(totals)} are settled and ${totals.owed} owed. This is a defect of s3-backfill: report it with the run's files.`,
    );
  const stopCause = await ports.failures.stopCause(input.runId);
  // What looks at objects and copies none knows the time by itself.
  const reached = fenceOf(stopCause) ?? (FENCE_REACHED in totals.causes ? 'stopAfter' : undefined);
  const standing = {
    dryRun: run.request.dryRun,
    copies: run.request.engine !== 'none',
    pass: input.pass,
    maxPasses: run.request.maxPasses,
    owed: totals.owed,
    owedBefore: before.owed,
    causes: Object.keys(totals.causes),
    stopCause: reached ? undefined : stopCause,
    isUploading: await isAnyUnder(ports.work, paths.uploads),
    restoring: totals.causes[RESTORE_UNDER_WAY] ?? 0,
    waits: before.waits,
  };
  const { waitSeconds, fence, ...decision } = withinFences(ports, run, standing, reached);
  const isWait = decision.decision === 'wait';
  await writeJson(ports.work, paths.tally(input.pass), {
    pass: input.pass,
    ...decision,
    totals,
    unanswered: books.unanswered,
    waits: before.waits + (isWait ? 1 : 0),
    ...(fence ? { fence } : {}),
  } satisfies Tally);
  if (books.proofs > 0) await recordProofs(ports, run, input.pass);
  return { ...decision, totals, waitSeconds };
}

/** What is decided, and after how long; a pass that could begin no sooner than the run may not any more is none. */
function withinFences(
  { clock }: Pick<Ports, 'clock'>,
  run: Run,
  standing: Omit<Standing, 'fence'>,
  reached: FenceName | undefined,
): Pick<Tally, 'decision' | 'why' | 'fence'> & { waitSeconds: number } {
  const stopped = (fence: FenceName) => {
    const decision = decide({ ...standing, fence: fenceWords(fence, run) });
    return { ...decision, ...(decision.decision === 'giveUp' ? { fence } : {}), waitSeconds: 0 };
  };
  if (reached) return stopped(reached);
  const decision = decide({ ...standing, fence: undefined });
  const waitSeconds = secondsBefore(decision.decision, standing.pass - standing.waits, run);
  const isOver = waitSeconds > 0 && clock.now() + waitSeconds * 1000 >= (run.stopAt ?? Infinity);
  return isOver ? stopped('stopAfter') : { ...decision, waitSeconds };
}

async function isAnyUnder(files: FileStore, prefix: string): Promise<boolean> {
  for await (const _ of files.list(prefix)) return true;
  return false;
}

function secondsBefore(decision: Tally['decision'], pass: number, { request }: Run): number {
  if (decision === 'wait') return waitForRestore(request.restoreTier);
  return decision === 'again' ? waitBefore(pass + 1) : 0;
}

async function standingBefore(ports: TallyPorts, { runId, pass }: TallyPassInput) {
  const paths = runFiles(runId);
  const { expected } = await readJson(ports.work, paths.plan, planSchema);
  if (pass === 1) return { expected, owed: expected, totals: noCounts(), waits: 0 };
  const { totals, waits } = await readJson(ports.work, paths.tally(pass - 1), tallySchema);
  return { expected, owed: totals.owed, totals, waits };
}

/** Streams every answer once: counts them, lists their report files, and writes what they owe as chunks. */
async function closeBooks(ports: TallyPorts, input: TallyPassInput, next: Parameters<typeof packPieces>[1]) {
  const paths = runFiles(input.runId);
  const counts = noCounts();
  const answered = new Set<string>();
  const open = (key: string) => new LineWriter(ports.work.writer(key));
  const files = { settled: open(paths.reportFiles(input.pass)), owed: open(paths.owedReportFiles(input.pass)) };
  const lines = { chunks: open(paths.chunks(next.pass)), unanswered: open(paths.unanswered(input.pass)) };
  const owed = open(paths.owedChunks(input.pass));
  const proofs = open(paths.proofsFiles(input.pass));

  async function* pieces(): AsyncGenerator<Piece> {
    for await (const answer of readAnswers(ports.work, input.verified, verifiedSchema)) {
      if (answered.has(answer.chunk))
        throw new BackfillError('IdentityBroken', `Chunk ${answer.chunk} was answered twice in pass ${input.pass}.`);
      answered.add(answer.chunk);
      addCounts(counts, answer.counts);
      for (const file of answer.report) await files.settled.write(file);
      for (const file of answer.owedReport) await files.owed.write(file);
      const owedChunk = owedChunkOf(answer);
      if (owedChunk) await owed.write(owedChunk);
      for (const file of answer.proofs) await proofs.write(file);
      proofFiles += answer.proofs.length;
      // Split because its worker failed; also down to one row, which may be what the worker failed over.
      const alone = answer.owed.length > 1 || 'NotAttempted' in answer.counts.causes;
      for (const piece of answer.owed) yield { ...piece, alone };
    }
  }

  const scratch = ports.scratch();
  const writers = [files.settled, files.owed, lines.chunks, lines.unanswered, owed, proofs];
  let unanswered = 0;
  let proofFiles = 0;
  try {
    const sorted = externalSort<Piece>(pieces(), {
      compare: (a, b) => compareKeys(a.first, b.first),
      encode: JSON.stringify,
      decode: (line) => JSON.parse(line),
      weigh: (piece) => 500 + 2 * (piece.first.length + piece.last.length),
      memory: SORT_MEMORY_BYTES,
      scratch,
    });
    for await (const chunk of packPieces(sorted, next)) await lines.chunks.write(chunk);
    for await (const chunk of readLines(ports.work, paths.chunks(input.pass), chunkSchema)) {
      if (answered.has(chunk.id)) continue;
      unanswered += 1;
      const causes = { NotVerified: chunk.rows };
      addCounts(counts, { ...noCounts(), owed: chunk.rows, causes });
      const { rows, first, segments } = chunk;
      await owed.write({ rows, first, segments, causes } satisfies OwedChunk);
      await lines.unanswered.write(chunk);
      await lines.chunks.write(chunk);
    }
    for (const writer of writers) await writer.close();
  } finally {
    for (const writer of writers) await writer.abort();
    await scratch.clear();
  }
  return { counts, unanswered, proofs: proofFiles };
}

/** VerifyChunk writes owed rows and their report rows in one order. Undefined where nothing of the chunk is owed. */
function owedChunkOf({ owed, owedReport, counts }: Verified): OwedChunk | undefined {
  const [piece] = owed;
  const [report] = owedReport;
  if (!piece || !report) return undefined;
  const segments = owed.map(({ segment }) => segment);
  return { rows: report.rows, first: piece.first, segments, causes: counts.causes, report: report.key };
}

import type { Attempt } from '../../contracts/attempt.js';
import type { Chunk } from '../../contracts/chunk.js';
import type { Run } from '../../contracts/run.js';
import type { Row } from '../../contracts/row.js';
import type { Cursor } from '../../contracts/states.js';
import { BackfillError, StorageError } from '../errors.js';
import { Fences } from '../fences/fences.js';
import { groupBy } from '../group.js';
import { readChunkRows } from '../inventory/row-codec.js';
import { destinationKey } from '../keys.js';
import type { Deadline, Ports } from '../ports.js';
import { readRun } from '../run-files.js';
import { requestsPerWorker } from '../workers.js';
import { readAttempts, writeAttempts, type AttemptsOnFile } from './attempts.js';
import { unitsOf, type Unit } from './chunk-units.js';
import type { CopyTools, Unfinished } from './copy-row.js';
import { copyTools } from './copy-tools.js';
import { hopelessCause } from './early-stop.js';
import { Pace } from './pace.js';
import { ownPrefixes } from './pace/prefixes.js';
import { recordFailures } from './record-failures.js';

/** What this state reaches. */
type CopyPorts = Pick<Ports, 'work' | 'pair' | 'failures' | 'clock' | 'random' | 'retryDelayMs'> &
  Pick<CopyTools, 'announce'>;

export interface CopyChunkInput {
  runId: string;
  pass: number;
  chunk: Chunk;
  cursor?: Cursor | null | undefined;
}

export interface CopyChunkAnswer {
  done: boolean;
  /** Where the next call goes on. */
  cursor: Cursor | null;
  /** The cause that stopped the whole run, or the fence. */
  stop: string | null;
}

/** Time kept for copies in flight to end and attempts to be written: a CopyObject of 5 GiB takes about a minute. */
const LONGEST_MARGIN_MS = 120_000;
const MOST_STALLS = 3;
/** Attempts held before they go on file: what a killed worker loses the proof of. */
const MOST_UNWRITTEN = 1_000;
const LEAST_UNWRITTEN = 50;

/**
 * State CopyChunk: rows beside the destination's listing; copies what differs, writes attempts as it goes.
 * Called again after any end, it goes on behind the attempts on file. Answers a cursor before its deadline. At a fence it
 * begins nothing more, and tells the other workers.
 * Throws NoProgress where three calls in a row came no further.
 */
export async function copyChunk(ports: CopyPorts, input: CopyChunkInput, deadline: Deadline): Promise<CopyChunkAnswer> {
  const margin = Math.min(LONGEST_MARGIN_MS, deadline() / 4);
  const stop = await ports.failures.stopCause(input.runId);
  if (stop !== undefined) return { done: true, cursor: null, stop };

  const run = await readRun(ports, input.runId);
  const rows = await readChunkRows(ports.work, input.chunk);
  const onFile = await readAttempts(ports.work, { ...input, chunk: input.chunk.id }, rows.length);
  const firstOpen = onFile.covered.indexOf(false);
  if (firstOpen === -1) return { done: true, cursor: null, stop: null };

  const fences = new Fences(ports, run, input.chunk);
  const isLate = () => deadline() < margin || fences.reached !== undefined;
  const worker = new ChunkWorker(ports, run, input, rows, isLate, fences.budget);
  let end: WorkEnd;
  try {
    end = await worker.work(onFile);
  } finally {
    await fences.budget.close();
  }
  if (end.stop !== null) return { done: true, cursor: null, stop: end.stop };
  if (end.row === rows.length) return { done: true, cursor: null, stop: null };
  if (fences.reached !== undefined) {
    await ports.failures.stop(run.id, fences.reached);
    return { done: true, cursor: null, stop: fences.reached };
  }
  return { done: false, cursor: advance(input.cursor, end, input.chunk.id), stop: null };
}

function advance(last: Cursor | null | undefined, { row, open, upload }: WorkEnd, chunkId: string): Cursor {
  const isStalled = last && last.open === open && last.upload?.parts === upload?.parts;
  const stalls = isStalled ? last.stalls + 1 : 0;
  if (stalls >= MOST_STALLS)
    throw new BackfillError(
      'NoProgress',
      `Chunk ${chunkId}: ${MOST_STALLS} calls in a row ended at row ${row}. Give the function more time or memory, or look for an object there that takes longer than one call; where S3 said SlowDown all the time, start again with a lower maxConcurrency.`,
    );
  return { row, open, stalls, ...(upload === undefined ? {} : { upload }) };
}

interface WorkEnd {
  /** The first row that is not settled. */
  row: number;
  /** How many are not. */
  open: number;
  stop: string | null;
  upload?: Cursor['upload'];
}

class ChunkWorker {
  readonly #tools: CopyTools;
  readonly #pace: Pace;
  readonly #mostUnwritten: number;
  #attempts: Attempt[] = [];
  #unfinished: Unfinished[] = [];

  constructor(
    private readonly ports: CopyPorts,
    run: Run,
    private readonly input: CopyChunkInput,
    private readonly rows: readonly Row[],
    private readonly isLate: () => boolean,
    budget: CopyTools['budget'],
  ) {
    this.#pace = new Pace(ports, {
      perSecond: requestsPerWorker(run.request),
      prefixes: ownPrefixes(rows.map(({ key }) => destinationKey(key, run.request))),
      isLate,
    });
    this.#tools = copyTools(ports, run, input, {
      pace: this.#pace,
      isLate,
      budget,
      ...(ports.announce && { announce: ports.announce }),
    });
    this.#mostUnwritten = Math.min(MOST_UNWRITTEN, Math.max(LEAST_UNWRITTEN, Math.ceil(rows.length / 10)));
  }

  /** Works on the rows that are not covered, in order, until all are settled, it is late, or the run is stopped. */
  async work({ covered, byRow }: AttemptsOnFile): Promise<WorkEnd> {
    const open = [...covered.keys()].filter((index) => !covered[index]);
    let written = open[0] ?? 0;
    let next = written;
    let pending = 0;
    for await (const { next: behind, rows, work } of this.#units(open, byRow)) {
      if (this.isLate()) break;
      next = behind;
      if (!work) continue;
      await this.#start(work);
      pending += rows;
      if (pending < this.#mostUnwritten) continue;
      const stop = await this.#writeDown(written, next);
      if (stop !== null) return { row: next, open: 0, stop };
      written = next;
      pending = 0;
    }
    // Rows behind the last open one are covered.
    if (next > (open.at(-1) ?? -1)) next = this.rows.length;
    const stop = next > written ? await this.#writeDown(written, next) : null;
    const unread = open.filter((index) => index >= next);
    const unfinished = this.#unfinished.toSorted((a, b) => a.row - b.row);
    const [first] = unfinished;
    const left = { open: unread.length + unfinished.length, stop };
    if (!first) return { row: unread[0] ?? next, ...left };
    const parts = unfinished.reduce((sum, { upload }) => sum + (upload?.parts ?? 0), 0);
    return { row: first.row, ...left, ...(first.upload ? { upload: { id: first.upload.id, parts } } : {}) };
  }

  /** Ends where S3 had no time for a listing before it was late: the next call begins with it. */
  async *#units(open: readonly number[], byRow: AttemptsOnFile['byRow']): AsyncGenerator<Unit> {
    try {
      yield* unitsOf(this.#tools, this.rows, open, byRow);
    } catch (error) {
      if (!(error instanceof StorageError) || error.kind !== 'throttled') throw error;
    }
  }

  #start(work: NonNullable<Unit['work']>): Promise<void> {
    return this.#pace.start(async () => {
      for (const end of await work())
        if (end.kind === 'unfinished') this.#unfinished.push(end);
        else this.#attempts.push(end);
    });
  }

  /**
   * Waits for what is in flight and puts rows `from` to `to` on file, but for those whose upload goes on in the next call.
   * Answers the cause that stops the run, if one does.
   */
  async #writeDown(from: number, to: number): Promise<string | null> {
    await this.#pace.idle();
    const attempts = this.#attempts.toSorted((a, b) => a.row - b.row);
    this.#attempts = [];
    const { runId, pass, chunk } = this.input;
    const open = this.#unfinished.map(({ row }) => row).filter((row) => row >= from && row < to);
    const header = { from, to, ...(open.length === 0 ? {} : { open }) };
    await writeAttempts(this.ports.work, { runId, pass, chunk: chunk.id }, header, attempts);

    const failed = attempts.filter((each) => each.kind === 'failed');
    await recordFailures(
      this.ports,
      this.input,
      failed.map((attempt) => ({ failure: attempt, row: this.rows[attempt.row] as Row })),
    );
    const byCause = new Map([...groupBy(failed, (each) => each.cause)].map(([cause, each]) => [cause, each.length]));
    const hopeless = hopelessCause(await this.ports.failures.count(runId, to - from, byCause));
    if (hopeless === undefined) return null;
    await this.ports.failures.stop(runId, hopeless);
    return hopeless;
  }
}

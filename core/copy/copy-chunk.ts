import type { Attempt } from '../../contracts/attempt.js';
import type { Chunk } from '../../contracts/chunk.js';
import type { Run } from '../../contracts/run.js';
import type { Row } from '../../contracts/row.js';
import type { Cursor } from '../../contracts/states.js';
import { compare } from '../compare/compare.js';
import { besideDestination } from '../compare/beside-destination.js';
import { BackfillError } from '../errors.js';
import { groupBy } from '../group.js';
import { readChunkRows } from '../inventory/row-codec.js';
import { destinationKey } from '../keys.js';
import type { BucketPair, Deadline, Ports } from '../ports.js';
import { readRun } from '../run-files.js';
import { readAttempts, writeAttempts } from './attempts.js';
import { copyRow } from './copy-row.js';
import { hopelessCause } from './early-stop.js';
import { Pace } from './pace.js';
import { recordFailures } from './record-failures.js';

/** What this state reaches. */
type CopyPorts = Pick<Ports, 'work' | 'pair' | 'failures' | 'clock' | 'random' | 'retryDelayMs'>;

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
  /** The cause that stopped the whole run. */
  stop: string | null;
}

/** Time kept for copies in flight to end and attempts to be written: a CopyObject of 5 GiB takes about a minute. */
const LONGEST_MARGIN_MS = 120_000;
const MOST_STALLS = 3;
/** Attempts held before they go on file: what a killed worker loses the proof of. */
const MOST_UNWRITTEN = 500;
const LEAST_UNWRITTEN = 50;

/**
 * State CopyChunk: rows beside the destination's listing; copies what differs, writes attempts as it goes.
 * Called again after any end, it goes on behind the attempts on file. Answers a cursor before its deadline.
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

  const worker = new ChunkWorker(ports, run, input, rows);
  const end = await worker.work(firstOpen, () => deadline() < margin);
  if (end.stop !== null) return { done: true, cursor: null, stop: end.stop };
  if (end.row === rows.length) return { done: true, cursor: null, stop: null };
  return { done: false, cursor: advance(input.cursor, end.row, input.chunk.id), stop: null };
}

function advance(last: Cursor | null | undefined, row: number, chunkId: string): Cursor {
  const stalls = last && last.row === row ? last.stalls + 1 : 0;
  if (stalls >= MOST_STALLS)
    throw new BackfillError(
      'NoProgress',
      `Chunk ${chunkId}: ${MOST_STALLS} calls in a row ended at row ${row}. Give the function more time or memory, or look for an object there that takes longer than one call.`,
    );
  return { row, stalls };
}

class ChunkWorker {
  readonly #pair: BucketPair;
  readonly #pace: Pace;
  readonly #mostUnwritten: number;
  #attempts: Attempt[] = [];

  constructor(
    private readonly ports: CopyPorts,
    private readonly run: Run,
    private readonly input: CopyChunkInput,
    private readonly rows: readonly Row[],
  ) {
    this.#pair = ports.pair(run.buckets.source, run.buckets.destination);
    this.#pace = new Pace(ports);
    this.#mostUnwritten = Math.min(MOST_UNWRITTEN, Math.max(LEAST_UNWRITTEN, Math.ceil(rows.length / 10)));
  }

  /** Works from row `from` on; answers the first row that was not reached. */
  async work(from: number, isLate: () => boolean): Promise<{ row: number; stop: string | null }> {
    let written = from;
    let next = from;
    let pending = 0;
    const beside = besideDestination(
      this.run,
      this.#pair,
      this.#pace,
      range(from, this.rows.length),
      (index) => this.rows[index]?.key ?? '',
    );
    for await (const { row: index, listed } of beside) {
      if (isLate()) break;
      next = index + 1;
      if (!(await this.#bring(index, listed))) continue;
      pending += 1;
      if (pending < this.#mostUnwritten) continue;
      const stop = await this.#writeDown(written, next);
      if (stop !== null) return { row: next, stop };
      written = next;
      pending = 0;
    }
    const stop = next > written ? await this.#writeDown(written, next) : null;
    return { row: next, stop };
  }

  /** Starts what a row needs; false where it is identical by ETag and needs nothing. */
  async #bring(index: number, listed: Parameters<typeof compare>[1]): Promise<boolean> {
    const row = this.rows[index] as Row;
    const comparison = compare(row, listed, this.run.etagsComparable);
    if (comparison.kind === 'identical') {
      if (comparison.evidence === 'etag') return false;
      this.#attempts.push({ kind: 'identical', row: index, evidence: comparison.evidence });
      return true;
    }
    const tools = { pair: this.#pair, pace: this.#pace, etagsComparable: this.run.etagsComparable };
    const { storageClass } = this.run.request.destination;
    const item = { row, index, listed, destinationKey: destinationKey(row.key, this.run.request), storageClass };
    await this.#pace.start(async () => {
      this.#attempts.push(await copyRow(tools, item));
    });
    return true;
  }

  /** Waits for what is in flight and puts rows `from` to `to` on file. Answers the cause that stops the run, if one does. */
  async #writeDown(from: number, to: number): Promise<string | null> {
    await this.#pace.idle();
    const attempts = this.#attempts.toSorted((a, b) => a.row - b.row);
    this.#attempts = [];
    const { runId, pass, chunk } = this.input;
    await writeAttempts(this.ports.work, { runId, pass, chunk: chunk.id }, { from, to }, attempts);

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

function* range(from: number, to: number): Generator<number> {
  for (let at = from; at < to; at++) yield at;
}

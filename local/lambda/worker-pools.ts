import { Piscina } from 'piscina';
import { Slots } from './slots.js';
import type { WorkerOutcome, WorkerReport, WorkerTask } from './worker-protocol.js';

/** Workers are kept warm this long after their last invocation. */
const IDLE_MS = 60_000;
/** Kinds of worker (environment and memory) that are kept at once; the one unused for longest makes room. */
const MAX_POOLS = 8;

/** What a worker is made of. Functions that agree in both share workers. */
export interface WorkerKind {
  /** `process.env` in the worker, whole. */
  environment: Readonly<Record<string, string>>;
  memoryMb: number;
}

/**
 * Worker threads that run Lambda invocations: one invocation at a time in a worker, at most `threads` at a time over
 * all of them, first come first served.
 */
export class WorkerPools {
  readonly #entry: string;
  readonly #threads: number;
  readonly #slots: Slots;
  /** In order of last use. */
  readonly #pools = new Map<string, { pool: Piscina<WorkerTask, void>; running: number }>();
  readonly #listeners = new Map<string, (report: WorkerReport) => void>();
  #closed = false;

  /** `entry`: absolute path of the bundled worker.ts. */
  constructor(entry: string, threads: number) {
    this.#entry = entry;
    this.#threads = threads;
    this.#slots = new Slots(threads);
  }

  /**
   * Waits for a free thread (`queued` may give up then), runs the task and hears what the worker reports meanwhile.
   * When `terminate` aborts, the worker is terminated and the promise rejects; so it does when the worker dies before it
   * has told the outcome.
   */
  async run(
    kind: WorkerKind,
    task: WorkerTask,
    {
      queued,
      terminate,
      onAssigned,
      onReport,
    }: {
      queued?: AbortSignal | undefined;
      terminate: AbortSignal;
      onAssigned: () => void;
      onReport: (report: Exclude<WorkerReport, { kind: 'ended' }>) => void;
    },
  ): Promise<WorkerOutcome> {
    const release = await this.#slots.acquire(queued);
    if (this.#closed) {
      release();
      throw new Error('The engine was closed before this invocation had a worker.');
    }
    const entry = this.#poolOf(kind);
    // The outcome is the last report: what the worker printed before it has been heard by then.
    let heard: WorkerOutcome | undefined;
    const outcome = new Promise<WorkerOutcome>((resolve) => {
      this.#listeners.set(task.requestId, (report) => {
        if (report.kind === 'ended') resolve((heard = report.outcome));
        else onReport(report);
      });
    });
    entry.running += 1;
    try {
      onAssigned();
      await entry.pool.run(task, { signal: terminate }).catch((error: unknown) => {
        if (!heard) throw error;
      });
      return await outcome;
    } finally {
      entry.running -= 1;
      this.#listeners.delete(task.requestId);
      release();
    }
  }

  /** Ends every worker; what waits for one is rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    await Promise.all(pools.map(({ pool }) => pool.destroy()));
  }

  #poolOf(kind: WorkerKind): { pool: Piscina<WorkerTask, void>; running: number } {
    const key = JSON.stringify(kind);
    const entry = this.#pools.get(key) ?? { pool: this.#open(kind), running: 0 };
    this.#pools.delete(key);
    this.#pools.set(key, entry);
    this.#makeRoom();
    return entry;
  }

  #makeRoom(): void {
    for (const [key, { pool, running }] of this.#pools) {
      if (this.#pools.size <= MAX_POOLS) return;
      if (running > 0) continue;
      this.#pools.delete(key);
      void pool.destroy();
    }
  }

  #open({ environment, memoryMb }: WorkerKind): Piscina<WorkerTask, void> {
    const pool = new Piscina<WorkerTask, void>({
      filename: this.#entry,
      minThreads: 0,
      maxThreads: this.#threads,
      idleTimeout: IDLE_MS,
      env: { ...environment } as never,
      // Neither the loaders (tsx) nor the arguments of the engine's own process.
      execArgv: [],
      argv: [],
      resourceLimits: { maxOldGenerationSizeMb: memoryMb },
      recordTiming: false,
    });
    pool.on('message', (report: WorkerReport) => this.#listeners.get(report.requestId)?.(report));
    // A worker that dies between invocations is replaced by the next one; its death concerns nobody.
    pool.on('error', () => {});
    return pool;
  }
}

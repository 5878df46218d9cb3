import { performance } from 'node:perf_hooks';
import { platformErrorPayload } from './error-payload.js';
import type { PlatformFault } from './error-payload.js';
import type { WorkerKind, WorkerPools } from './worker-pools.js';
import type { WorkerOutcome, WorkerReport, WorkerTask } from './worker-protocol.js';

/** Lambda gives a cold start this long before the function's own timeout counts. */
const INIT_MS = 10_000;
/** Response limit: 6 MiB and a little. Source: the message that Lambda gives. */
const MAX_RESPONSE_BYTES = 6_291_556;
const MB = 1024 * 1024;

/** How an invocation ended, whoever ended it. */
export type Ended = WorkerOutcome;

/** One invocation on its way: waits for a worker, runs there, and is ended by its answer, its timeout, its memory or a kill. */
export class InvocationRun {
  readonly requestId: string;
  readonly log: string[] = [];
  readonly #kind: WorkerKind;
  readonly #task: WorkerTask;
  readonly #onLog: (line: string) => void;
  readonly #terminate = new AbortController();
  #state: 'waiting' | 'running' | 'ended' = 'waiting';
  #fault: PlatformFault | undefined;
  #began = 0;
  #peakBytes = 0;
  #timer: NodeJS.Timeout | undefined;

  readonly #onStarted: () => void;

  constructor(kind: WorkerKind, task: WorkerTask, onLog: (line: string) => void, onStarted: () => void = () => {}) {
    this.requestId = task.requestId;
    this.#kind = { environment: kind.environment, memoryMb: kind.memoryMb };
    this.#task = task;
    this.#onLog = onLog;
    this.#onStarted = onStarted;
  }

  /** Runs to the end. Rejects only where `queued` aborts before a worker was free, or the pools are closed. */
  async in(pools: WorkerPools, queued: AbortSignal | undefined): Promise<Ended> {
    try {
      return this.#fitting(
        await pools.run(this.#kind, this.#task, {
          queued,
          terminate: this.#terminate.signal,
          onAssigned: () => this.#assigned(),
          onReport: (report) => this.#hear(report),
        }),
      );
    } catch (error) {
      if (this.#state === 'waiting') throw error;
      return this.#ended(this.#fault ?? faultOf(error));
    } finally {
      clearTimeout(this.#timer);
      this.#state = 'ended';
    }
  }

  /** Terminates the worker, if one runs this; answers whether there was one. */
  kill(): boolean {
    if (this.#state !== 'running') return false;
    this.#end({ kind: 'killed' });
    return true;
  }

  #assigned(): void {
    this.#state = 'running';
    this.#began = performance.now();
    this.#endAfter(INIT_MS + this.#task.timeoutMs);
    this.#onStarted();
  }

  #hear(report: Exclude<WorkerReport, { kind: 'ended' }>): void {
    switch (report.kind) {
      case 'started':
        return this.#endAfter(this.#task.timeoutMs);
      case 'log':
        this.log.push(report.line);
        return this.#onLog(report.line);
      case 'held':
        this.#peakBytes = report.bytes;
        if (report.bytes > this.#task.memoryMb * MB) this.#end({ kind: 'outOfMemory' });
    }
  }

  #endAfter(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end({ kind: 'timedOut', timeoutMs: this.#task.timeoutMs }), ms);
  }

  #end(fault: PlatformFault): void {
    this.#fault ??= fault;
    this.#terminate.abort();
  }

  #fitting(outcome: WorkerOutcome): Ended {
    if (Buffer.byteLength(outcome.payload) <= MAX_RESPONSE_BYTES) return outcome;
    return { ...outcome, failed: true, payload: platformErrorPayload({ kind: 'responseTooLarge' }, this.requestId) };
  }

  #ended(fault: PlatformFault): Ended {
    return {
      payload: platformErrorPayload(fault, this.requestId),
      failed: true,
      peakBytes: this.#peakBytes,
      durationMs: performance.now() - this.#began,
    };
  }
}

/** Why a worker died by itself, from what the pool says about it. */
function faultOf(error: unknown): PlatformFault {
  if ((error as { code?: string }).code === 'ERR_WORKER_OUT_OF_MEMORY') return { kind: 'outOfMemory' };
  const code = /exited with code: (\d+)/.exec((error as Error).message)?.[1];
  return code === undefined ? { kind: 'killed' } : { kind: 'exited', code: Number(code) };
}

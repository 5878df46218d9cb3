import { executionArn } from '../arns.js';
import { limits } from '../limits.js';
import { uuid } from '../jsonata/functions.js';
import { Execution, type Revision } from '../run/execution.js';
import type { ExecutionScope } from '../run/frame.js';
import { HistoryArchive } from '../run/history-archive.js';
import type { Payload } from '../run/payload.js';
import { StateError, Stopped } from '../run/state-error.js';
import { breathe } from '../run/turn.js';
import { childRecord, pendingRecord } from './child-record.js';
import { exceedsTolerance, type Tolerance } from './tolerance.js';

export type MapRunStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';

export interface MapRunSettings extends Tolerance {
  /** 0 sets no limit but the service's own. */
  maxConcurrency: number;
}

/** Takes the results as the children end, in that order. */
export interface ResultSink {
  add(group: 'SUCCEEDED' | 'FAILED' | 'PENDING', record: object, output: Payload | undefined, index: number): void;
}

/** Items of a Map Run, as its children's inputs. */
export interface ChildInputs {
  total: number;
  /** @throws StateError, which fails the Map Run. */
  at(index: number): Promise<Payload>;
}

/** One run of a distributed Map: its children are executions of their own. */
export class MapRun {
  status: MapRunStatus = 'RUNNING';
  readonly startedAt: number;
  stoppedAt?: number;
  readonly children: Execution[] = [];
  readonly counts = {
    pending: 0,
    running: 0,
    succeeded: 0,
    failed: 0,
    timedOut: 0,
    aborted: 0,
    total: 0,
    resultsWritten: 0,
  };
  readonly #running = new Set<Execution>();
  readonly #archive = new HistoryArchive();
  #stopping: Stopped | undefined;
  #failure: StateError | undefined;
  #wake: () => void = () => {};

  constructor(
    readonly arn: string,
    readonly execution: ExecutionScope,
    readonly revision: Revision,
    readonly settings: MapRunSettings,
  ) {
    this.startedAt = execution.services.ports.clock.now();
  }

  /** What UpdateMapRun changes while the Map Run is under way. */
  update(changes: Partial<MapRunSettings>): void {
    Object.assign(this.settings, changes);
    this.#wake();
  }

  /**
   * Runs a child for every item, as many at once as the settings allow, and answers when the last has ended.
   * @throws StateError that ends the Map Run; Stopped when the parent ends.
   */
  async run(inputs: ChildInputs, sink: ResultSink, signal: AbortSignal): Promise<void> {
    this.counts.total = inputs.total;
    this.counts.pending = inputs.total;
    const stop = () => this.#stopChildren(signal.reason instanceof Stopped ? signal.reason : new Stopped('aborted'));
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) stop();
      await this.#runAll(inputs, sink);
      if (this.#stopping || this.#failure) await this.#addPending(inputs, sink);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    signal.throwIfAborted();
    if (this.#failure) throw this.#failure;
  }

  close(status: MapRunStatus): void {
    this.status = status;
    this.stoppedAt = this.execution.services.ports.clock.now();
  }

  async #runAll(inputs: ChildInputs, sink: ResultSink): Promise<void> {
    for (let next = 0; ;) {
      while (!this.#stopping && next < inputs.total && this.#running.size < this.#concurrency()) {
        await this.#start(next, inputs, sink);
        next += 1;
      }
      if (this.#running.size === 0 && (this.#stopping || next >= inputs.total)) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #concurrency(): number {
    return Math.min(this.settings.maxConcurrency || limits.mapRunConcurrency, limits.mapRunConcurrency);
  }

  async #start(index: number, inputs: ChildInputs, sink: ResultSink): Promise<void> {
    let input: Payload;
    try {
      input = await inputs.at(index);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      this.#fail(error);
      return;
    }
    const { services } = this.execution;
    const name = uuid(services.ports.random);
    const arn = executionArn(services.arns, this.revision.machine.name, name);
    const child = new Execution(arn, name, this.revision, input, services, this.arn);
    services.directory.executions.set(arn, child);
    this.children.push(child);
    this.#running.add(child);
    this.counts.pending -= 1;
    this.counts.running += 1;
    void child.ended.then(() => this.#ended(child, index, sink));
    // A child that was started while its Map Run was being stopped is stopped as well.
    if (this.#stopping) void child.stop(this.#stopping);
    await breathe();
  }

  #ended(child: Execution, index: number, sink: ResultSink): void {
    this.#running.delete(child);
    this.counts.running -= 1;
    this.counts[countOf[child.status]] += 1;
    const { text } = child.input;
    sink.add(
      child.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED',
      childRecord(child, text, child.output?.text),
      child.output,
      index,
    );
    child.archive(this.#archive);
    const { failed, timedOut, aborted, total } = this.counts;
    if (!this.#stopping && exceedsTolerance(failed + timedOut + aborted, total, this.settings)) {
      this.#fail(
        new StateError(
          'States.ExceedToleratedFailureThreshold',
          'The specified tolerated failure threshold was exceeded',
        ),
      );
    }
    this.#wake();
  }

  #fail(error: StateError): void {
    if (this.#stopping) return;
    this.#failure = error;
    this.#stopChildren(new Stopped('aborted'));
  }

  #stopChildren(reason: Stopped): void {
    this.#stopping = new Stopped('aborted', reason.error, reason.causeText);
    for (const child of this.#running) void child.stop(this.#stopping);
    this.#wake();
  }

  /** The items whose child never started. */
  async #addPending(inputs: ChildInputs, sink: ResultSink): Promise<void> {
    const { services } = this.execution;
    const { name: machineName, arn: machineArn } = this.revision.machine;
    for (let index = this.children.length; index < inputs.total; index += 1) {
      const name = uuid(services.ports.random);
      const arn = executionArn(services.arns, machineName, name);
      const input = await inputs.at(index).then(
        ({ text }) => text,
        () => 'null',
      );
      sink.add('PENDING', pendingRecord(arn, name, machineArn, input), undefined, index);
      if (index % 100 === 0) await breathe();
    }
  }
}

const countOf = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  TIMED_OUT: 'timedOut',
  ABORTED: 'aborted',
} as const;

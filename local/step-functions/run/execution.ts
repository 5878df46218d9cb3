import { setMaxListeners } from 'node:events';
import type { Workflow } from '../definition/workflow.js';
import type { ExecutionScope, Services } from './frame.js';
import { History, type HistoryEvent, untruncated } from './history.js';
import type { HistoryArchive } from './history-archive.js';
import { Payload } from './payload.js';
import { runWorkflow } from './run-workflow.js';
import { StateError, Stopped } from './state-error.js';
import { TimeLimit } from './time-limit.js';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** What an execution is of; a machine updated later does not change it. */
export interface Revision {
  machine: { arn: string; name: string };
  roleArn: string;
  workflow: Workflow;
  /** The definition's text. */
  definition: string;
  revisionId?: string | undefined;
  /** Seconds since the epoch. */
  updateDate: number;
}

/** One run of a machine, or of an ItemProcessor in a Map Run. It runs from its construction. */
export class Execution implements ExecutionScope {
  readonly startedAt: number;
  readonly history: History;
  readonly timeLimit: TimeLimit;
  /** Settles, never rejects, when the execution has ended. */
  readonly ended: Promise<void>;
  status: ExecutionStatus = 'RUNNING';
  /** Milliseconds since the epoch. */
  stoppedAt?: number;
  #input: Payload | undefined;
  #output: Payload | undefined;
  error?: string | undefined;
  causeText?: string | undefined;
  readonly #controller = new AbortController();

  constructor(
    readonly arn: string,
    readonly name: string,
    readonly revision: Revision,
    input: Payload,
    readonly services: Services,
    /** Of a child of a Map Run. */
    readonly mapRunArn?: string,
  ) {
    const { clock, workClock } = services.ports;
    this.#input = input;
    this.startedAt = clock.now();
    this.history = new History(() => clock.now());
    this.timeLimit = new TimeLimit(
      1_000 * (revision.workflow.timeoutSeconds ?? Number.POSITIVE_INFINITY),
      workClock,
      () => this.#controller.abort(new Stopped('timedOut')),
    );
    setMaxListeners(0, this.#controller.signal);
    this.history.append('ExecutionStarted', 0, {
      input: input.text,
      inputDetails: untruncated,
      roleArn: revision.roleArn,
    });
    this.ended = this.#run();
  }

  get machine(): { arn: string; name: string } {
    return this.revision.machine;
  }

  get roleArn(): string {
    return this.revision.roleArn;
  }

  /** Of an execution that has not been archived. */
  get input(): Payload {
    if (!this.#input) throw new Error(`${this.arn} has been archived`);
    return this.#input;
  }

  /** Of an execution that succeeded and has not been archived. */
  get output(): Payload | undefined {
    return this.#output;
  }

  /** Input and output, archived or not. */
  async data(): Promise<{ input: string; output?: string | undefined }> {
    if (this.#input) return { input: this.#input.text, output: this.#output?.text };
    const events = await this.history.read();
    const details = (event: HistoryEvent | undefined, name: string): { input?: string; output?: string } | undefined =>
      event?.[`${name}EventDetails`];
    return {
      input: details(events[0], 'executionStarted')?.input ?? '{}',
      output: details(events.at(-1), 'executionSucceeded')?.output,
    };
  }

  /** Lets go of what an execution that has ended holds in memory; it can still be described and read. */
  archive(archive: HistoryArchive): void {
    this.history.moveTo(archive);
    this.#input = undefined;
    this.#output = undefined;
  }

  /** Ends the execution from outside; one that has ended stays as it is. */
  async stop(reason: Stopped): Promise<void> {
    this.#controller.abort(reason);
    await this.ended;
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    const cursor = { last: 0, decision: 0 };
    try {
      const output = await runWorkflow(this.revision.workflow, this.input, {
        execution: this,
        cursor,
        variables: {},
        signal,
      });
      this.#output = output;
      this.#close('SUCCEEDED', 'ExecutionSucceeded', cursor.last, { output: output.text, outputDetails: untruncated });
    } catch (thrown) {
      this.#fail(thrown, cursor.last);
    }
  }

  #fail(thrown: unknown, last: number): void {
    if (thrown instanceof Stopped) {
      if (thrown.kind === 'timedOut') {
        // Only the event names the error; DescribeExecution answers none.
        this.#close('TIMED_OUT', 'ExecutionTimedOut', 0, { error: 'States.Timeout' });
        return;
      }
      this.error = thrown.error;
      this.causeText = thrown.causeText;
      this.#close('ABORTED', 'ExecutionAborted', 0, this.#errorDetails());
      return;
    }
    const failure =
      thrown instanceof StateError
        ? thrown
        : new StateError('States.Runtime', `Internal error of the engine: ${String(thrown)}`);
    this.error = failure.error;
    this.causeText = failure.causeText;
    this.#close('FAILED', 'ExecutionFailed', last, this.#errorDetails());
  }

  #errorDetails(): object {
    return {
      ...(this.causeText === undefined ? {} : { cause: this.causeText }),
      ...(this.error === undefined ? {} : { error: this.error }),
    };
  }

  #close(status: ExecutionStatus, type: string, previous: number, details: object): void {
    this.timeLimit.close();
    this.stoppedAt = this.services.ports.clock.now();
    this.history.append(type, previous, details, true);
    this.status = status;
  }
}

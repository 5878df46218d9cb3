import type { Failure } from '../../contracts/failure.js';
import type { Summary } from '../../contracts/tally.js';

/** An execution that has ended, and all that it left. */
export interface EndedRun {
  readonly name: string;
  readonly status: string;
  readonly error: string | undefined;
  /** The sentence of its cause; empty where there is none. */
  readonly message: string;
  /** Undefined where it did not come to its end. */
  readonly summary: Summary | undefined;
  readonly failures: readonly Failure[];
  /** In the order in which they were entered. */
  readonly states: readonly string[];
}

/** What to do about an execution that failed before it did anything, where its message does not say. */
export const REMEDIES: Readonly<Record<string, string>> = {
  PairBusy: 'Wait for that run, or stop it with `s3-backfill stop`; then try again.',
  ABORTED: 'It was stopped: try again.',
};

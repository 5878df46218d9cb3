/** What a state fails with: what Retry and Catch match, and what an execution that nobody catches it in ends with. */
export class StateError extends Error {
  override readonly name = 'StateError';

  constructor(
    readonly error: string | undefined,
    readonly causeText: string | undefined,
    /** A further name under which Retry and Catch know it. */
    readonly alias?: string,
  ) {
    super(`${error ?? 'failed'}: ${causeText ?? ''}`);
  }
}

/** An expression of the state's definition failed: a StateError that the history shows as EvaluationFailed first. */
export class EvaluationError extends StateError {
  constructor(
    cause: string,
    /** The field, as in `Output/result`; absent where no field is to blame. */
    readonly location?: string,
  ) {
    super('States.QueryEvaluationError', cause);
  }
}

/** Step Functions prefixes what a definition did wrong at run time with the state that did it. */
export function whileExecuting(stateName: string, enteredEventId: number, cause: string): string {
  return `An error occurred while executing the state '${stateName}' (entered at the event id #${enteredEventId}). ${cause}`;
}

/** The reason with which the signal of an execution, or of one Map Run's children, is aborted. */
export class Stopped extends Error {
  override readonly name = 'Stopped';

  constructor(
    readonly kind: 'aborted' | 'timedOut',
    readonly error?: string,
    readonly causeText?: string,
  ) {
    super(`The execution was ${kind === 'aborted' ? 'stopped' : 'out of time'}.`);
  }
}

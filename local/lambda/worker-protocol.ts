/** What the engine hands a worker thread, and what the thread says back. */

/** One invocation. */
export interface WorkerTask {
  requestId: string;
  functionName: string;
  functionVersion: string;
  invokedFunctionArn: string;
  /** Absolute path of the bundle; its export `handlerName` is called. */
  bundle: string;
  handlerName: string;
  /** Whether the bundle's modules are those of other functions as well. */
  sharesModules: boolean;
  /** The event as JSON text: nothing but JSON crosses into a Lambda function. */
  event: string;
  /** The caller's client context as JSON text. */
  clientContext?: string;
  timeoutMs: number;
  memoryMb: number;
}

/** How an invocation ended inside the worker. */
export interface WorkerOutcome {
  /** JSON text: the handler's answer, or `{errorType, errorMessage, trace}`. */
  payload: string;
  /** Whether the payload is an error. */
  failed: boolean;
  /** The most that the worker held (heap in use and memory outside it), bytes. */
  peakBytes: number;
  /** Module load and handler together. */
  durationMs: number;
}

/** Sent while an invocation runs. */
export type WorkerReport = { requestId: string } & (
  | { kind: 'started' }
  | { kind: 'log'; line: string }
  | { kind: 'held'; bytes: number }
  /** The last one. A worker exits right after it where an exception or a rejection was caught by nobody. */
  | { kind: 'ended'; outcome: WorkerOutcome }
);

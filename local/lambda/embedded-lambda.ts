import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { checkDefinition } from './function-definition.js';
import type { FunctionDefinition } from './function-definition.js';
import { parseFunctionName } from './function-name.js';
import { InvocationRun } from './invocation-run.js';
import type { Ended } from './invocation-run.js';
import { functionNotFound, notJson, payloadTooLarge, rateExceeded } from './service-error.js';
import { WorkerPools } from './worker-pools.js';

/** Request of a synchronous invocation, bytes. Source: Lambda quotas. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface Invocation {
  requestId: string;
  /** JSON text: the handler's answer, or what Lambda makes of its error. */
  payload: string;
  functionError?: 'Unhandled';
  executedVersion: '$LATEST';
  /** What the invocation printed, oldest first. */
  log: readonly string[];
}

/** What a function's invocations came to since it was created. */
export interface FunctionUse {
  functionName: string;
  invocations: number;
  errors: number;
  /** The most that one worker held during an invocation, bytes of heap in use and outside it. */
  peakBytes: number;
  billedMs: number;
}

export interface LambdaOptions {
  region: string;
  accountId: string;
  /** Absolute path of the bundled worker.ts. */
  workerEntry: string;
  /** How many invocations run at a time; as many as there are cores by default. */
  threads?: number | undefined;
  onLog?: ((functionName: string, line: string) => void) | undefined;
}

interface DeployedFunction {
  definition: FunctionDefinition;
  arn: string;
  use: FunctionUse;
  /** Invocations that wait or run. */
  inFlight: Set<InvocationRun>;
}

/** Lambda on one machine: bundled handlers in worker threads, JSON in and out, timeouts and memory enforced. */
export class EmbeddedLambda {
  readonly #options: LambdaOptions;
  readonly #pools: WorkerPools;
  readonly #functions = new Map<string, DeployedFunction>();

  constructor(options: LambdaOptions) {
    this.#options = options;
    this.#pools = new WorkerPools(options.workerEntry, options.threads ?? availableParallelism());
  }

  /** Creates the function or replaces it, as a deployment does; answers its ARN. */
  createFunction(definition: FunctionDefinition): string {
    checkDefinition(definition);
    const arn = this.#arn(definition.name);
    const use = { functionName: definition.name, invocations: 0, errors: 0, peakBytes: 0, billedMs: 0 };
    this.#functions.set(definition.name, { definition, arn, use, inFlight: new Set() });
    return arn;
  }

  /**
   * Checks an invocation without running it. Throws LambdaServiceError.
   * @param functionName name or ARN, with or without the qualifier $LATEST
   * @param payload JSON text; empty means `{}`
   */
  check(functionName: string, payload: string, qualifier?: string): void {
    this.#accept(functionName, payload, qualifier);
  }

  /**
   * Runs a function and waits for its answer. What goes wrong in the function is an answer with `functionError`; what
   * goes wrong before it is a LambdaServiceError. `signal` gives up waiting: an invocation that has begun runs on, as on
   * AWS, and one that still waits for a thread is dropped.
   */
  async invoke(
    functionName: string,
    payload: string,
    options: {
      qualifier?: string | undefined;
      clientContext?: string | undefined;
      signal?: AbortSignal | undefined;
      /** Called when a worker takes the invocation. */
      onStarted?: (() => void) | undefined;
    } = {},
  ): Promise<Invocation> {
    const { signal, clientContext } = options;
    const target = this.#accept(functionName, payload, options.qualifier);
    const { definition, use, inFlight } = target;
    const run = new InvocationRun(
      definition,
      {
        requestId: randomUUID(),
        functionName: definition.name,
        functionVersion: '$LATEST',
        invokedFunctionArn: target.arn,
        bundle: definition.bundle,
        handlerName: definition.handlerName ?? 'handler',
        event: payload === '' ? '{}' : payload,
        ...(clientContext === undefined ? {} : { clientContext }),
        timeoutMs: definition.timeoutMs,
        memoryMb: definition.memoryMb,
      },
      (line) => this.#options.onLog?.(definition.name, line),
      options.onStarted,
    );
    inFlight.add(run);
    const ended = run
      .in(this.#pools, signal)
      .then((end) => {
        count(use, end);
        return end;
      })
      .finally(() => inFlight.delete(run));
    return answer(run, await orAborted(ended, signal));
  }

  /** Terminates the workers that run this function now; their callers see Runtime.ExitError. Answers how many. */
  killRunning(functionName: string): number {
    const { inFlight } = this.#find(functionName);
    return [...inFlight].filter((run) => run.kill()).length;
  }

  /** Use of every function, in the order of their creation. */
  peaks(): FunctionUse[] {
    return [...this.#functions.values()].map(({ use }) => structuredClone(use));
  }

  /** Ends every worker; invocations under way fail. */
  async close(): Promise<void> {
    await this.#pools.close();
  }

  #accept(functionName: string, payload: string, qualifier: string | undefined): DeployedFunction {
    const target = this.#find(functionName, qualifier);
    if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) throw payloadTooLarge(MAX_PAYLOAD_BYTES);
    if (payload !== '') {
      try {
        JSON.parse(payload);
      } catch (error) {
        throw notJson((error as Error).message);
      }
    }
    if (target.inFlight.size >= (target.definition.reservedConcurrency ?? Infinity)) throw rateExceeded();
    return target;
  }

  #find(functionName: string, qualifier?: string): DeployedFunction {
    const parsed = parseFunctionName(functionName);
    const version = qualifier ?? parsed.qualifier;
    const found = this.#functions.get(parsed.name);
    const arn = this.#arn(parsed.name) + (version === undefined ? '' : `:${version}`);
    const named =
      functionName.startsWith('arn:') && !`${found?.arn}:$LATEST`.startsWith(functionName) ? undefined : found;
    if (!named || (version !== undefined && version !== '$LATEST')) throw functionNotFound(arn);
    return named;
  }

  #arn(name: string): string {
    return `arn:aws:lambda:${this.#options.region}:${this.#options.accountId}:function:${name}`;
  }
}

function count(use: FunctionUse, ended: Ended): void {
  use.invocations += 1;
  if (ended.failed) use.errors += 1;
  use.peakBytes = Math.max(use.peakBytes, ended.peakBytes);
  use.billedMs += Math.ceil(ended.durationMs);
}

function answer(run: InvocationRun, { payload, failed }: Ended): Invocation {
  const { requestId } = run;
  return {
    requestId,
    payload,
    executedVersion: '$LATEST',
    log: run.log,
    ...(failed ? { functionError: 'Unhandled' } : {}),
  };
}

/** The promise's result, or the signal's reason if that comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

import { partitionOf } from '../../contracts/partition.js';
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { checkDefinition } from './function-definition.js';
import type { FunctionDefinition } from './function-definition.js';
import { parseFunctionName } from './function-name.js';
import { InvocationRun } from './invocation-run.js';
import type { Ended } from './invocation-run.js';
import { FunctionVersions, LATEST } from './function-versions.js';
import { functionNotFound, notJson, payloadTooLarge, qualifiersDiffer, rateExceeded } from './service-error.js';
import { WorkerPools } from './worker-pools.js';

/** Request of a synchronous invocation, bytes. Source: Lambda quotas. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface Invocation {
  requestId: string;
  /** JSON text: the handler's answer, or what Lambda makes of its error. */
  payload: string;
  functionError?: 'Unhandled';
  /** `$LATEST`, or the number of a published version. */
  executedVersion: string;
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
  versions: FunctionVersions;
  use: FunctionUse;
  /** Invocations that wait or run, of all versions. */
  inFlight: Set<InvocationRun>;
}

/** What an invocation is of. */
interface Target {
  deployed: DeployedFunction;
  definition: FunctionDefinition;
  version: string;
  /** As it was invoked: with the version where one was named. */
  arn: string;
}

/** Lambda on one machine: bundled handlers in worker threads, JSON in and out, timeouts and memory enforced. */
export class EmbeddedLambda {
  readonly #options: LambdaOptions;
  readonly #pools: WorkerPools;
  readonly #functions = new Map<string, DeployedFunction>();

  constructor(options: LambdaOptions) {
    this.#options = options;
    this.#pools = new WorkerPools(options.workerEntry, this.threads);
  }

  get accountId(): string {
    return this.#options.accountId;
  }

  get region(): string {
    return this.#options.region;
  }

  /** How many invocations run at a time. */
  get threads(): number {
    return this.#options.threads ?? availableParallelism();
  }

  /** What a function, or a version of it, is made of; Lambda's reserved concurrency is the function's. Throws LambdaServiceError. */
  describe(functionName: string): { arn: string; definition: FunctionDefinition } {
    const { arn, definition, deployed } = this.#find(functionName);
    const { reservedConcurrency } = deployed.versions.latest;
    return { arn, definition: { ...definition, ...(reservedConcurrency !== undefined && { reservedConcurrency }) } };
  }

  /** Creates the function or replaces what is not published of it, as a deployment does; answers its ARN. */
  createFunction(definition: FunctionDefinition): string {
    checkDefinition(definition);
    const { name } = definition;
    const versions = this.#functions.get(name)?.versions ?? new FunctionVersions();
    versions.replaceLatest(definition);
    const use = { functionName: name, invocations: 0, errors: 0, peakBytes: 0, billedMs: 0 };
    this.#functions.set(name, { versions, use, inFlight: new Set() });
    return this.arnOf(name);
  }

  /**
   * Makes a version of the function as it is now, which later deployments do not change; answers its number, that of the
   * version before where nothing has changed since.
   */
  publishVersion(functionName: string): string {
    return this.#find(functionName).deployed.versions.publish();
  }

  /** The ARN that a function is meant by, whether or not there is such a function. Throws LambdaServiceError. */
  arnOf(functionName: string, qualifier?: string): string {
    const { region, accountId } = this.#options;
    const { name, qualifier: own } = parseFunctionName(functionName);
    if (own !== undefined && qualifier !== undefined && own !== qualifier) throw qualifiersDiffer();
    const version = qualifier ?? own;
    // Of another Region or account, it is as foreign as it was named.
    const unqualified = functionName.startsWith('arn:')
      ? functionName.split(':').slice(0, 7).join(':')
      : `arn:${partitionOf(region)}:lambda:${region}:${accountId}:function:${name}`;
    return version === undefined ? unqualified : `${unqualified}:${version}`;
  }

  /**
   * Checks an invocation without running it. Throws LambdaServiceError.
   * @param functionName name or ARN, with or without the number of a version or $LATEST
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
    const { definition, version, arn } = target;
    const { use, inFlight } = target.deployed;
    const run = new InvocationRun(
      definition,
      {
        requestId: randomUUID(),
        functionName: definition.name,
        functionVersion: version,
        invokedFunctionArn: arn,
        bundle: definition.bundle,
        handlerName: definition.handlerName ?? 'handler',
        sharesModules: definition.sharesModules ?? false,
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
    return answer(run, version, await orAborted(ended, signal));
  }

  /** Terminates the workers that run this function now; their callers see Runtime.ExitError. Answers how many. */
  killRunning(functionName: string): number {
    const { inFlight } = this.#find(functionName).deployed;
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

  #accept(functionName: string, payload: string, qualifier: string | undefined): Target {
    const target = this.#find(functionName, qualifier);
    if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) throw payloadTooLarge(MAX_PAYLOAD_BYTES);
    if (payload !== '') {
      try {
        JSON.parse(payload);
      } catch (error) {
        throw notJson((error as Error).message);
      }
    }
    const { inFlight, versions } = target.deployed;
    // Concurrency is reserved for the function, not for a version of it.
    if (inFlight.size >= (versions.latest.reservedConcurrency ?? Infinity)) throw rateExceeded();
    return target;
  }

  #find(functionName: string, qualifier?: string): Target {
    const { name, qualifier: own } = parseFunctionName(functionName);
    const arn = this.arnOf(functionName, qualifier);
    const version = qualifier ?? own ?? LATEST;
    const deployed = arn.startsWith(this.arnOf(name)) ? this.#functions.get(name) : undefined;
    const definition = deployed?.versions.get(version);
    if (!deployed || !definition) throw functionNotFound(arn);
    return { deployed, definition, version, arn };
  }
}

function count(use: FunctionUse, ended: Ended): void {
  use.invocations += 1;
  if (ended.failed) use.errors += 1;
  use.peakBytes = Math.max(use.peakBytes, ended.peakBytes);
  use.billedMs += Math.ceil(ended.durationMs);
}

function answer(run: InvocationRun, executedVersion: string, { payload, failed }: Ended): Invocation {
  const { requestId } = run;
  return {
    requestId,
    payload,
    executedVersion,
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

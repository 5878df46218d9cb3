import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { parentPort } from 'node:worker_threads';
import { errorPayload, RuntimeError } from './error-payload.js';
import { loadBundle } from './load-bundle.js';
import { captureOutput } from './worker-output.js';
import type { WorkerReport, WorkerTask } from './worker-protocol.js';

/** How often a running invocation is asked what it holds. */
const SAMPLE_EVERY_MS = 20;

type Handler = (event: unknown, context: object) => unknown;

interface Invocation {
  task: WorkerTask;
  began: number;
  peakBytes: number;
}

/** Module scope outlives an invocation, as in a warm Lambda. */
const loaded = new Map<string, Handler>();
/** Exports of the bundles whose modules functions share, by path. */
const shared = new Map<string, Record<string, unknown>>();
let current: Invocation | undefined;

captureOutput((line) => {
  if (current) report(current, { kind: 'log', line });
});
process.on('uncaughtException', (error) => die(error, 129));
process.on('unhandledRejection', (reason) => {
  die(new RuntimeError('Runtime.UnhandledPromiseRejection', String(reason)), 128);
});

/**
 * The Lambda runtime in a worker thread: loads the bundle once, calls its handler with JSON, answers with JSON.
 * Source of its behaviour: AWS's Node.js runtime interface client (nodejs24.x).
 */
export default async function invoke(task: WorkerTask): Promise<void> {
  const invocation: Invocation = { task, began: performance.now(), peakBytes: 0 };
  current = invocation;
  const sampling = setInterval(() => sample(invocation), SAMPLE_EVERY_MS);
  try {
    describeFunction(task);
    const handler = load(task);
    report(invocation, { kind: 'started' });
    const deadline = Date.now() + task.timeoutMs;
    end(invocation, stringify(await handler(JSON.parse(task.event), context(task, deadline))), false);
  } catch (error) {
    end(invocation, errorPayload(error), true);
  } finally {
    clearInterval(sampling);
    current = undefined;
  }
}

function load(task: WorkerTask): Handler {
  const key = `${task.functionName} ${task.functionVersion} ${task.bundle} ${task.handlerName}`;
  const handler = loaded.get(key) ?? importHandler(task);
  loaded.set(key, handler);
  return handler;
}

function importHandler(task: WorkerTask): Handler {
  const handler = exportsOf(task)[task.handlerName];
  if (typeof handler !== 'function')
    throw new RuntimeError('Runtime.HandlerNotFound', `index.${task.handlerName} is undefined or not exported`);
  if (handler.length >= 3)
    throw new RuntimeError(
      'Runtime.CallbackHandlerDeprecated',
      'ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. Use an async handler.',
    );
  return handler as Handler;
}

function exportsOf({ bundle, sharesModules }: WorkerTask): Record<string, unknown> {
  if (!sharesModules) return loadBundle(bundle);
  const exports = shared.get(bundle) ?? loadBundle(bundle);
  shared.set(bundle, exports);
  return exports;
}

/** The variables that Lambda itself sets. */
function describeFunction(task: WorkerTask): void {
  // oxlint-disable-next-line node/no-process-env -- this file is the Lambda runtime: the environment is its to set
  Object.assign(process.env, {
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: task.functionName,
    AWS_LAMBDA_FUNCTION_VERSION: task.functionVersion,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(task.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${task.functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'embedded',
    _HANDLER: `index.${task.handlerName}`,
  });
}

function context(task: WorkerTask, deadline: number): object {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: task.functionName,
    functionVersion: task.functionVersion,
    invokedFunctionArn: task.invokedFunctionArn,
    memoryLimitInMB: String(task.memoryMb),
    awsRequestId: task.requestId,
    logGroupName: `/aws/lambda/${task.functionName}`,
    logStreamName: 'embedded',
    ...(task.clientContext === undefined ? {} : { clientContext: JSON.parse(task.clientContext) as unknown }),
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function stringify(answer: unknown): string {
  try {
    return JSON.stringify(answer) ?? 'null';
  } catch {
    throw new RuntimeError('Runtime.JSONStringifyError', 'Unable to stringify response body');
  }
}

function sample(invocation: Invocation): void {
  // Not process.memoryUsage: that also asks the system what the process holds, which is dear.
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  const bytes = heap + external;
  if (bytes <= invocation.peakBytes) return;
  invocation.peakBytes = bytes;
  report(invocation, { kind: 'held', bytes });
}

function end(invocation: Invocation, payload: string, failed: boolean): void {
  sample(invocation);
  const { began, peakBytes } = invocation;
  report(invocation, { kind: 'ended', outcome: { payload, failed, peakBytes, durationMs: performance.now() - began } });
}

/** An exception that no handler caught ends the runtime's process on AWS; here it ends the thread. */
function die(error: unknown, exitCode: number): void {
  if (current) end(current, errorPayload(error), true);
  process.exit(exitCode);
}

type Told = WorkerReport extends infer R ? (R extends unknown ? Omit<R, 'requestId'> : never) : never;

function report(invocation: Invocation, told: Told): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage({ requestId: invocation.task.requestId, ...told });
}

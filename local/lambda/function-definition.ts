import { parseFunctionName } from './function-name.js';
import { LambdaServiceError } from './service-error.js';

/** What a function is made of. */
export interface FunctionDefinition {
  name: string;
  /** Absolute path of a CommonJS bundle. */
  bundle: string;
  /** The bundle's export that is called; `handler` by default. */
  handlerName?: string;
  /**
   * Functions of one bundle that say so share its modules in a worker, which then evaluates them once. On AWS each function
   * has its own, as here without it.
   */
  sharesModules?: boolean;
  /** ARN of its execution role, as which Lambda reads the function's queues; the account's root unless given. */
  role?: string;
  /** The whole environment of the function: it sees nothing of the engine's. */
  environment: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** Bounds what a worker holds: heap and memory outside it (Lambda counts the whole process, about 60 MB more). */
  memoryMb: number;
  /** Beyond so many at a time callers get TooManyRequestsException; without it they wait for a thread. */
  reservedConcurrency?: number;
}

// Source: Lambda quotas.
const MAX_TIMEOUT_MS = 900_000;
const MAX_MEMORY_MB = 10_240;

/** Throws InvalidParameterValueException where Lambda would not take the definition. */
export function checkDefinition({ name, timeoutMs, memoryMb }: FunctionDefinition): void {
  const expect = (holds: boolean, message: string) => {
    if (!holds) throw new LambdaServiceError('InvalidParameterValueException', 400, `Function ${name}: ${message}`);
  };
  expect(parseFunctionName(name).name === name, 'expected a plain name, without ARN or version.');
  expect(
    timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS,
    `timeoutMs is ${timeoutMs}; Lambda allows up to ${MAX_TIMEOUT_MS}.`,
  );
  expect(memoryMb >= 1 && memoryMb <= MAX_MEMORY_MB, `memoryMb is ${memoryMb}; Lambda allows up to ${MAX_MEMORY_MB}.`);
}

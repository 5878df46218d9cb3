import type { Clock } from '../clock.js';

/** What a Lambda Invoke answered: a function that threw answers too, with `functionError`. */
export interface LambdaAnswer {
  payload: string;
  functionError?: string;
  executedVersion: string;
}

/** All that the state machines reach outside of themselves. */
export interface StepFunctionsPorts {
  /** Every Wait, Retry interval and timestamp goes through it. */
  clock: Clock;
  /**
   * Times what really runs (TimeoutSeconds, HeartbeatSeconds); real time by default. A clock that skips its sleeps must
   * not time it: to it, every Lambda call would take longer than any timeout.
   */
  workClock?: Clock;
  /**
   * Lambda Invoke: name or ARN, JSON in and out. A function error is an answer with `functionError`. `started` is called
   * when the function begins to run: on AWS that is at once, while one machine has few threads, and waiting for one of
   * them is not the task's time.
   * @throws what carries `name` (`Lambda.TooManyRequestsException`, `Lambda.ResourceNotFoundException`, ...) and `message`.
   */
  invokeLambda(functionName: string, payload: string, signal: AbortSignal, started: () => void): Promise<LambdaAnswer>;
  /** The object's bytes; undefined where the bucket or the key does not exist. */
  readObject(bucket: string, key: string): Promise<Buffer | undefined>;
  writeObject(bucket: string, key: string, body: Buffer, contentType: string): Promise<void>;
  /** 0 to 1, exclusive: jitter and UUIDs. */
  random?: () => number;
}

import type { Clock } from '../clock.js';

/** What a Lambda Invoke answered: a function that threw answers too, with `functionError`. */
export interface LambdaAnswer {
  payload: string;
  functionError?: string;
  executedVersion: string;
}

/** A role may not do a thing; the message is what the service says of it. */
export class AccessDenied extends Error {
  override readonly name = 'AccessDenied';
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
   * @param roleArn of the machine: as whom it is done
   * @throws what carries `name` (`Lambda.TooManyRequestsException`, `Lambda.ResourceNotFoundException`, ...) and `message`.
   */
  invokeLambda(
    functionName: string,
    payload: string,
    signal: AbortSignal,
    started: () => void,
    roleArn: string,
  ): Promise<LambdaAnswer>;
  /** The object's bytes; undefined where the bucket or the key does not exist. @throws AccessDenied */
  readObject(bucket: string, key: string, roleArn: string): Promise<Buffer | undefined>;
  /** @throws AccessDenied */
  writeObject(bucket: string, key: string, body: Buffer, contentType: string, roleArn: string): Promise<void>;
  /**
   * Whether a role may do what Step Functions does as it, without asking another port: `states:StartExecution` on a
   * machine's ARN, for one. Nobody is asked by default. @throws AccessDenied
   */
  checkCall?(action: string, resource: string, roleArn: string): void;
  /** 0 to 1, exclusive: jitter and UUIDs. */
  random?: () => number;
}

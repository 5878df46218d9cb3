import { limits } from '../limits.js';
import type { Template } from '../jsonata/template.js';
import type { Json, Payload } from './payload.js';
import { pause } from './pause.js';
import { StateError } from './state-error.js';
import type { Visit } from './visit.js';

export interface Retrier {
  errorEquals: string[];
  intervalSeconds: number;
  maxAttempts: number;
  backoffRate: number;
  maxDelaySeconds?: number;
  jitter: 'FULL' | 'NONE';
}

export interface Catcher {
  errorEquals: string[];
  next: string;
  output?: Template | undefined;
  assign?: Template | undefined;
}

/** What a state that may fail comes to. */
export type Outcome = { kind: 'succeeded'; result: Payload } | { kind: 'caught'; catcher: Catcher; errorOutput: Json };

/**
 * Runs attempts of a state until one succeeds, a Catch takes the error, or neither Retry nor Catch does.
 * Only the first retrier that matches an error counts, and each counts its own attempts.
 * @param givenUp told when no attempt follows, before the error is caught or thrown.
 * @throws StateError that nobody took; Stopped.
 */
export async function attempt(
  visit: Visit,
  { retry, catch: catchers }: { retry: Retrier[]; catch: Catcher[] },
  run: () => Promise<Payload>,
  givenUp: () => void = () => {},
): Promise<Outcome> {
  const attempts = retry.map(() => 0);
  for (visit.retryCount = 0; ; visit.retryCount += 1) {
    try {
      return { kind: 'succeeded', result: await run() };
    } catch (error) {
      // Nothing retries or catches States.Runtime.
      if (!(error instanceof StateError) || error.error === 'States.Runtime') throw error;
      const index = retry.findIndex((retrier) => matches(retrier.errorEquals, error));
      const retrier = retry[index];
      const made = attempts[index] ?? 0;
      if (retrier && made < retrier.maxAttempts) {
        attempts[index] = made + 1;
        await pause(visit.frame, retryDelayMs(retrier, made, visit.frame.execution.services.ports.random));
        continue;
      }
      givenUp();
      const catcher = catchers.find((candidate) => matches(candidate.errorEquals, error));
      if (!catcher) throw error;
      return { kind: 'caught', catcher, errorOutput: { Error: error.error ?? '', Cause: error.causeText ?? '' } };
    }
  }
}

/** Whether a Retry's or Catch's ErrorEquals names an error. */
function matches(errorEquals: readonly string[], failure: StateError): boolean {
  return errorEquals.some(
    (name) =>
      name === failure.error ||
      name === failure.alias ||
      name === 'States.ALL' ||
      (name === 'States.TaskFailed' && failure.error !== 'States.Timeout'),
  );
}

/**
 * Milliseconds before the next attempt.
 * @param made the attempts that this retrier has already made: 0 before the first.
 */
export function retryDelayMs(retrier: Retrier, made: number, random: () => number): number {
  const backoff = Math.min(retrier.backoffRate ** made, Number.MAX_VALUE);
  const seconds = Math.min(retrier.intervalSeconds * backoff, retrier.maxDelaySeconds ?? limits.retryDelaySeconds);
  return 1_000 * (retrier.jitter === 'FULL' ? seconds * random() : seconds);
}

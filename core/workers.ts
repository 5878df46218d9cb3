import type { RunRequest } from '../contracts/run-request.js';

type Asked = Pick<RunRequest, 'maxConcurrency' | 'requestsPerSecond'>;

/** With fewer a worker would be billed for waiting: a chunk of 10,000 objects would take it more than a quarter of an hour. */
const LEAST_PER_WORKER = 10;

/** How many workers a run has at most: fewer than maxConcurrency where requestsPerSecond would keep them waiting. */
export function workersOf({ maxConcurrency, requestsPerSecond = Infinity }: Asked): number {
  return Math.max(1, Math.min(maxConcurrency, Math.floor(requestsPerSecond / LEAST_PER_WORKER)));
}

/** What each of them may ask of the two buckets together, in requests a second; Infinity where nothing bounds it. */
export function requestsPerWorker(asked: Asked): number {
  return (asked.requestsPerSecond ?? Infinity) / workersOf(asked);
}

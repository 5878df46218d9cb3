import type { Clock } from '../../clock.js';
import type { StateError } from './state-error.js';
import { sleepLong } from './time-limit.js';

export interface Limit {
  /** Infinity where there is none. */
  ms: number;
  /** What the work fails with when its time is up. */
  error: () => StateError;
}

/**
 * Runs work until it ends, the signal aborts, or its time is up; in the last two cases the work's own signal aborts too.
 * Its time runs from when the work says that it has started.
 * @throws what the work throws; the signal's reason; the limit's error.
 */
export async function withinLimit<T>(
  signal: AbortSignal,
  limit: Limit,
  clock: Clock,
  work: (signal: AbortSignal, started: () => void) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const over = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const interrupted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  const started = () => {
    if (!Number.isFinite(limit.ms)) return;
    sleepLong(clock, limit.ms, over.signal).then(
      () => controller.abort(limit.error()),
      () => {},
    );
  };
  try {
    return await Promise.race([(async () => work(controller.signal, started))(), interrupted]);
  } finally {
    signal.removeEventListener('abort', stop);
    // A reason spares the making of an error with its stack.
    over.abort('over');
  }
}

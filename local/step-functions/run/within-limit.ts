import type { Clock } from '../../clock.js';
import { StateError } from './state-error.js';
import { sleepLong } from './time-limit.js';

/**
 * Runs work until it ends, the signal aborts, or its time is up; in the last two cases the work's own signal aborts too.
 * @throws what the work throws; the signal's reason; StateError States.Timeout.
 */
export async function withinLimit<T>(
  signal: AbortSignal,
  limitMs: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = new AbortController();
  const over = new AbortController();
  const stop = () => controller.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const interrupted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
  });
  if (Number.isFinite(limitMs)) {
    sleepLong(clock, limitMs, over.signal).then(
      () => controller.abort(new StateError('States.Timeout', undefined)),
      () => {},
    );
  }
  try {
    return await Promise.race([(async () => work(controller.signal))(), interrupted]);
  } finally {
    signal.removeEventListener('abort', stop);
    over.abort();
  }
}

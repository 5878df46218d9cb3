/** Time as the embedded engine sees it: every Wait, Retry, timeout and timestamp of the engine goes through it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms` milliseconds of this clock's time; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Whether sleeping takes no time: then nobody sleeps while something is really going on. */
  readonly skips?: boolean;
}

/** The machine's own time. */
export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal?.addEventListener('abort', onAbort, { once: true });
    }),
};

/**
 * A clock whose sleeps are over at once and move its time ahead instead: a test that waits ten minutes takes none.
 * Time that really passes counts as well, so `now` never stands still and never goes back.
 */
export function skippingClock(start = Date.now()): Clock {
  const origin = performance.now();
  let skipped = 0;
  return {
    skips: true,
    now: () => Math.floor(start + skipped + performance.now() - origin),
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      await new Promise<void>((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
      skipped += Math.max(0, ms);
    },
  };
}

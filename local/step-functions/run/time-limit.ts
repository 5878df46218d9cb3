import type { Clock } from '../../clock.js';

/** Timers of Node hold 2^31 - 1 ms: longer sleeps are several. */
const longestSleepMs = 2 ** 31 - 1;

/**
 * The TimeoutSeconds of an execution. What runs is timed by the work clock; what sleeps is counted as well, since a
 * clock that skips its sleeps makes them last no time at all.
 */
export class TimeLimit {
  #slept = 0;
  readonly #startedAt: number;
  readonly #closed = new AbortController();

  /**
   * @param limitMs Infinity where there is no limit.
   * @param expire called once, when the time is up.
   */
  constructor(
    private readonly limitMs: number,
    private readonly workClock: Clock,
    readonly expire: () => void,
  ) {
    this.#startedAt = workClock.now();
    if (Number.isFinite(limitMs)) this.#watch().catch(() => {});
  }

  /** How many milliseconds of a sleep fit the limit. */
  allow(ms: number): number {
    const spent = Math.max(this.#slept, this.workClock.now() - this.#startedAt);
    const allowed = Math.max(0, Math.min(ms, this.limitMs - spent));
    this.#slept += allowed;
    return allowed;
  }

  close(): void {
    this.#closed.abort('closed');
  }

  async #watch(): Promise<void> {
    for (let left = this.limitMs; left > 0; left = this.limitMs - (this.workClock.now() - this.#startedAt)) {
      await this.workClock.sleep(Math.min(left, longestSleepMs), this.#closed.signal);
    }
    if (!this.#closed.signal.aborted) this.expire();
  }
}

/** Sleeps however long, in pieces that a timer holds. */
export async function sleepLong(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  for (let left = ms; left > 0; left -= longestSleepMs) await clock.sleep(Math.min(left, longestSleepMs), signal);
}

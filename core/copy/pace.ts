import { StorageError } from '../errors.js';
import type { Ports } from '../ports.js';

/** How often one call is tried before its answer stands: S3 takes longer to scale than to recover. */
const TRIES = { throttled: 8, transient: 5 } as const;
const LONGEST_DELAY_MS = 10_000;
/** Copies in flight at once in one worker. */
const MOST_IN_FLIGHT = 64;
/** A burst of 503s comes from one moment: the window is halved once for all of it. */
const CALM_MS = 200;

/**
 * Holds a worker back to what S3 takes. Calls in flight are bounded by a window: it is halved when S3 says SlowDown,
 * and grows by one for each full window of answers. A call that S3 may yet answer is tried again, as often as TRIES says,
 * after a random part of a doubling delay.
 */
export class Pace {
  #window = MOST_IN_FLIGHT / 2;
  #answersSinceGrowth = 0;
  #halvedAt = -Infinity;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #errors: unknown[] = [];
  readonly #waiting: (() => void)[] = [];
  #partsInFlight = 0;
  readonly #partsWaiting: (() => void)[] = [];

  constructor(private readonly ports: Pick<Ports, 'clock' | 'random' | 'retryDelayMs'>) {}

  /** Waits for a place in the window, then starts the work. What it throws is kept for `idle`. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#inFlight.size >= this.#window) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const task = work()
      .catch((error: unknown) => {
        this.#errors.push(error);
      })
      .finally(() => {
        this.#inFlight.delete(task);
        this.#waiting.shift()?.();
      });
    this.#inFlight.add(task);
  }

  /** Waits for one of the places for parts, of which there are as many as in the window, over all objects of the worker. */
  async part<T>(call: () => Promise<T>): Promise<T> {
    while (this.#partsInFlight >= this.#window) await new Promise<void>((resolve) => this.#partsWaiting.push(resolve));
    this.#partsInFlight += 1;
    try {
      return await this.patiently(call);
    } finally {
      this.#partsInFlight -= 1;
      this.#partsWaiting.shift()?.();
    }
  }

  /** Resolves when nothing is in flight. Throws the first error that work threw. */
  async idle(): Promise<void> {
    await Promise.all(this.#inFlight);
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /** Calls S3 until it answers for good. Throws the last StorageError when patience is spent. */
  async patiently<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const answer = await call();
        this.#grow();
        return answer;
      } catch (error) {
        if (!(error instanceof StorageError) || error.kind === 'refused' || tries === TRIES[error.kind]) throw error;
        if (error.kind === 'throttled') this.#halve();
        await this.ports.clock.sleep(
          this.ports.random() * Math.min(LONGEST_DELAY_MS, this.ports.retryDelayMs * 2 ** (tries - 1)),
        );
      }
    }
  }

  #grow(): void {
    if (this.#window >= MOST_IN_FLIGHT || ++this.#answersSinceGrowth < this.#window) return;
    this.#answersSinceGrowth = 0;
    this.#window += 1;
    this.#waiting.shift()?.();
    this.#partsWaiting.shift()?.();
  }

  #halve(): void {
    if (this.ports.clock.now() - this.#halvedAt < CALM_MS) return;
    this.#halvedAt = this.ports.clock.now();
    this.#window = Math.max(1, Math.floor(this.#window / 2));
  }
}

import { StorageError } from '../../../../core/errors.js';

/** A clock whose time passes only when everybody waits for it. Times are whole milliseconds. */
export class VirtualClock {
  #now = 0;
  readonly #due = new Map<number, (() => void)[]>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const at = Math.ceil(this.#now + ms);
      const all = this.#due.get(at);
      if (all) all.push(resolve);
      else this.#due.set(at, [resolve]);
    });
  }

  /** Lets time pass until then. */
  async runTo(end: number): Promise<void> {
    for (;;) {
      await settled();
      while (this.#now < end && !this.#due.has(this.#now)) this.#now += 1;
      const due = this.#due.get(this.#now);
      if (!due) return;
      this.#due.delete(this.#now);
      for (const resolve of due) resolve();
    }
  }
}

export interface Limit {
  /** Requests a second that the server takes, by its time in milliseconds. */
  perSecond: (now: number) => number;
  /** What it takes at once after a rest, in seconds of its limit. */
  burstSeconds?: number;
  latencyMs?: number;
  words?: string;
}

/** A server that takes so many requests a second and answers SlowDown to all others, and what it was asked, by the second. */
export class SimulatedServer {
  readonly asked: number[] = [];
  readonly refused: number[] = [];
  /** When each request came. */
  readonly times: number[] = [];
  #tokens: number;
  #filledAt = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly limit: Limit,
  ) {
    this.#tokens = this.#most();
  }

  call = async (): Promise<void> => {
    const { latencyMs = 50, words = 'Please reduce your request rate.' } = this.limit;
    await this.clock.sleep(latencyMs / 2);
    const isTaken = this.#take();
    await this.clock.sleep(latencyMs / 2);
    if (!isTaken) throw new StorageError('SlowDown', words, { kind: 'throttled', status: 503 });
  };

  /** Requests a second that were answered from one second to another, exclusive. */
  rate(from: number, to: number): number {
    return (this.#sum(this.asked, from, to) - this.#sum(this.refused, from, to)) / (to - from);
  }

  /** The part of all requests that was refused. */
  waste(from: number, to: number): number {
    return this.#sum(this.refused, from, to) / this.#sum(this.asked, from, to);
  }

  #take(): boolean {
    const now = this.clock.now();
    const second = Math.floor(now / 1000);
    this.times.push(now);
    this.asked[second] = (this.asked[second] ?? 0) + 1;
    const perSecond = this.limit.perSecond(now);
    if (perSecond === Infinity) return true;
    this.#tokens = Math.min(this.#most(), this.#tokens + ((now - this.#filledAt) * perSecond) / 1000);
    this.#filledAt = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      return true;
    }
    this.refused[second] = (this.refused[second] ?? 0) + 1;
    return false;
  }

  #most(): number {
    return Math.max(1, this.limit.perSecond(this.clock.now()) * (this.limit.burstSeconds ?? 0.1));
  }

  #sum(counts: readonly number[], from: number, to: number): number {
    let sum = 0;
    for (let second = from; second < to; second++) sum += counts[second] ?? 0;
    return sum;
  }
}

/** So many callers, each of which asks again as soon as it is answered, until the time is over. */
export function crowd(clock: VirtualClock, callers: number, end: number, call: () => Promise<unknown>): void {
  const caller = async () => {
    while (clock.now() < end) await call();
  };
  for (let index = 0; index < callers; index++) caller().catch(() => undefined);
}

/** When all that can go on without time passing has. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

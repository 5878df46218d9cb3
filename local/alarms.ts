import type { Clock } from './clock.js';

interface Alarm {
  /** Milliseconds since the epoch. */
  time: number;
  ring: () => void;
}

/**
 * What is to happen at a time of the engine's clock, for services that wait for something without sleeping themselves.
 * A clock that skips goes to the next alarm only while nobody is busy: what is under way is never overtaken by time that
 * nobody spent.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #alarms = new Set<Alarm>();
  #busy = 0;
  #sleep: { until: number; abort: AbortController } | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `ring` once, when it is that time. @returns takes it back */
  at(time: number, ring: () => void): () => void {
    const alarm = { time, ring };
    this.#alarms.add(alarm);
    this.#arm();
    return () => {
      if (this.#alarms.delete(alarm)) this.#arm();
    };
  }

  /** Somebody is at work, until the function that is returned is called. */
  busy(): () => void {
    this.#busy += 1;
    this.#arm();
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#busy -= 1;
      this.#arm();
    };
  }

  /** No alarm rings any more. */
  close(): void {
    this.#closed = true;
    this.#sleep?.abort.abort();
    this.#alarms.clear();
  }

  /** One sleep at a time, until the alarm that comes first. */
  #arm(): void {
    const waits = !this.#closed && this.#alarms.size > 0 && !(this.#clock.skips && this.#busy > 0);
    const until = waits ? Math.min(...[...this.#alarms].map(({ time }) => time)) : undefined;
    if (until === this.#sleep?.until) return;
    this.#sleep?.abort.abort();
    this.#sleep = undefined;
    if (until === undefined) return;
    const abort = new AbortController();
    this.#sleep = { until, abort };
    this.#clock.sleep(Math.max(0, Math.min(until - this.#clock.now(), LONGEST)), abort.signal).then(
      () => {
        this.#sleep = undefined;
        this.#ring();
        this.#arm();
      },
      () => {},
    );
  }

  #ring(): void {
    const now = this.#clock.now();
    for (const alarm of this.#alarms) {
      if (alarm.time > now) continue;
      this.#alarms.delete(alarm);
      alarm.ring();
    }
  }
}

/** Longer sleeps are made of several: Node's timers take 31 bits of milliseconds. */
const LONGEST = 2 ** 31 - 1;

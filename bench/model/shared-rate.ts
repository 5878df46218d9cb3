import type { Events, Timer } from './events.js';

interface Sharer {
  /** The pool's progress at which it has all that it wants. */
  until: number;
  done: () => void;
}

/**
 * A rate that those who work in one prefix share evenly: each goes as fast as it can, until all together reach what S3
 * takes; then each has the same part of that. Progress is counted for one sharer, and is the same for all.
 */
export class SharedRate {
  #progress = 0;
  #since = 0;
  #sharers: Sharer[] = [];
  #next: Timer | undefined;

  /** @param own how much one can do a second @param capacity how much all can */
  constructor(
    private readonly events: Events,
    private readonly own: number,
    private readonly capacity: number,
  ) {}

  /** Does so much of it. Answers a function that stops before, and tells how much is left. */
  work(amount: number, done: () => void): () => number {
    this.#advance();
    const sharer = { until: this.#progress + amount, done };
    const place = this.#sharers.findLastIndex(({ until }) => until <= sharer.until) + 1;
    this.#sharers.splice(place, 0, sharer);
    this.#plan();
    return () => {
      this.#advance();
      this.#sharers = this.#sharers.filter((each) => each !== sharer);
      this.#plan();
      return Math.max(0, sharer.until - this.#progress);
    };
  }

  #rate(): number {
    return Math.min(this.own, this.capacity / Math.max(1, this.#sharers.length));
  }

  #advance(): void {
    this.#progress += (this.events.now - this.#since) * this.#rate();
    this.#since = this.events.now;
  }

  #plan(): void {
    if (this.#next) this.#next.isCancelled = true;
    const [first] = this.#sharers;
    if (!first) return;
    this.#next = this.events.after((first.until - this.#progress) / this.#rate(), () => {
      this.#advance();
      this.#sharers.shift();
      this.#plan();
      first.done();
    });
  }
}

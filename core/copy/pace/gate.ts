/** What a request has to pass before it is sent. */
export interface Gate {
  /** Milliseconds until a request may pass; 0 where one may now. */
  waitMs(now: number): number;
  /** Lets one piece of work pass, which costs so many requests. */
  take(now: number, requests: number): void;
}

/** Requests that may come at once after a rest: as many as a rate gives in this time, so that a late timer costs nothing. */
const BURST_MS = 50;

/** A rate, as a bucket of tokens: no more than `rate` requests a second, and a burst of BURST_MS. */
export class Bucket implements Gate {
  #tokens = 1;
  #filledAt = -Infinity;

  /** @param perSecond may be a fraction; Infinity for as many as there are */
  constructor(public perSecond: number) {}

  waitMs(now: number): number {
    if (this.perSecond === Infinity) return 0;
    this.#fill(now);
    return this.#tokens >= 1 ? 0 : ((1 - this.#tokens) * 1000) / this.perSecond;
  }

  take(now: number, requests: number): void {
    if (this.perSecond === Infinity) return;
    this.#fill(now);
    // What costs more than there is goes on credit.
    this.#tokens -= requests;
  }

  /** Goes on at another rate. At a lower one without the burst that was saved up. */
  turnTo(perSecond: number, now: number): void {
    if (perSecond < this.perSecond) {
      this.#tokens = 0;
      this.#filledAt = now;
    } else this.#fill(now);
    this.perSecond = perSecond;
  }

  #fill(now: number): void {
    const most = Math.max(1, (this.perSecond * BURST_MS) / 1000);
    if (this.#filledAt !== -Infinity)
      this.#tokens = Math.min(most, this.#tokens + ((now - this.#filledAt) * this.perSecond) / 1000);
    this.#filledAt = now;
  }
}

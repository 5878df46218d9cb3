import { Bucket, type Gate } from './gate.js';

/** What is left of the rate when S3 refuses. */
const DECREASE = 0.8;
/** Of 10,000 workers, the most that there are, on one prefix: together 2,000 a second, less than S3 takes. */
const LEAST_PER_SECOND = 0.2;
/** Where S3 has refused before it ever answered, nothing is known. */
const FIRST_GUESS_PER_SECOND = 50;
/** The rate is back where it was refused after so many requests, so that one refusal in so many is the price of the search. */
const REQUESTS_TO_RECOVER = 100;
const LEAST_MS_TO_RECOVER = 4_000;
const MOST_MS_TO_RECOVER = 60_000;
const SLOT_MS = 500;
/** A time that is too short to tell a rate by, and answers that are too few. */
const SHORT_MS = 100;
const FEW_ANSWERS = 16;

/**
 * The rate that one limit of S3 takes, which S3 tells only by refusing. There is none until the first refusal. Each refusal
 * takes a fifth off, once for all requests that were on their way then. After it the rate climbs back towards where it was
 * refused, ever slower; is gentle there; and then climbs ever faster, since the limit must have risen.
 * Source of the curve: RFC 9438 (CUBIC), section 4.2, with a time of recovery in place of its constant.
 */
export class LearnedRate implements Gate {
  readonly #bucket = new Bucket(Infinity);
  /** Requests a second that S3 last refused. */
  #limit = Infinity;
  /** The rate after that refusal. */
  #base = Infinity;
  /** When S3 first answered after it. */
  #climbsFrom: number | undefined;
  /** Answers in this slot of time and in the one before. */
  #slot = { from: -Infinity, answers: 0, before: 0 };
  /** How often the rate was lowered. A request remembers it: S3's answer is about that rate. */
  lowered = 0;

  /** Requests a second; Infinity where S3 has not refused any. */
  get perSecond(): number {
    return this.#bucket.perSecond;
  }

  waitMs(now: number): number {
    return this.#bucket.waitMs(now);
  }

  take(now: number): void {
    this.#bucket.take(now, 1);
  }

  /** S3 answered a request that was sent when the rate had been lowered so often. */
  answered(lowered: number, now: number): void {
    this.#count(now);
    if (this.perSecond === Infinity || lowered !== this.lowered) return;
    this.#climbsFrom ??= now;
    this.#bucket.turnTo(this.#climbed(now - this.#climbsFrom), now);
  }

  /** S3 refused one. */
  refused(lowered: number, now: number): void {
    if (lowered !== this.lowered) return;
    this.lowered += 1;
    const isFirst = this.perSecond === Infinity;
    // Refused once more without an answer: where the limit is, that does not tell.
    if (isFirst || this.#climbsFrom !== undefined) {
      // Too high a guess costs a few refusals, too low a one many seconds.
      const guess = Math.max(isFirst ? FIRST_GUESS_PER_SECOND : LEAST_PER_SECOND, 2 * this.#achieved(now));
      this.#limit = Math.min(this.perSecond, guess);
    }
    const lower = DECREASE * Math.min(this.perSecond, this.#limit);
    // What S3 does answer it takes, however many it refuses beside: it may refuse some at any rate.
    this.#base = Math.min(this.perSecond, Math.max(LEAST_PER_SECOND, lower, DECREASE * this.#proven(now)));
    this.#climbsFrom = undefined;
    this.#bucket.turnTo(this.#base, now);
  }

  /** The rate so many milliseconds after the first answer. */
  #climbed(ms: number): number {
    const recovery = Math.min(
      MOST_MS_TO_RECOVER,
      Math.max(LEAST_MS_TO_RECOVER, (1000 * REQUESTS_TO_RECOVER) / this.#limit),
    );
    const beyond = ms / recovery - 1;
    const scale = beyond < 0 ? this.#limit - this.#base : (1 - DECREASE) * this.#limit;
    return Math.max(this.#base, this.#limit + scale * beyond ** 3);
  }

  #count(now: number): void {
    const { from, answers } = this.#slot;
    const age = now - from;
    if (age >= SLOT_MS) this.#slot = { from: now, answers: 1, before: age < 2 * SLOT_MS ? answers : 0 };
    else this.#slot.answers += 1;
  }

  /** Answers a second of late, where they are enough to tell; else 0. */
  #proven(now: number): number {
    const { answers, before } = this.#slot;
    return Math.max(answers, before) < FEW_ANSWERS ? 0 : this.#achieved(now);
  }

  /** Answers a second of late, rather too many than too few. */
  #achieved(now: number): number {
    const { from, answers, before } = this.#slot;
    return Math.max((1000 * before) / SLOT_MS, (1000 * answers) / Math.max(SHORT_MS, now - from));
  }
}

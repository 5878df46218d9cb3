import { StorageError } from '../../errors.js';
import type { Clock } from '../../ports.js';
import type { Gate } from './gate.js';

/** Requests of one worker in flight at once: as many as its client has connections. */
export const MOST_IN_FLIGHT = 128;
/** At first fewer, and one more for each answer: what S3 refuses before its rate is known is not many then. */
const FIRST_IN_FLIGHT = 16;
/** Below that, one sleep for several requests costs less. */
const SHORTEST_SLEEP_MS = 5;
/** So that nobody who waits misses the end of the worker's time. */
const LONGEST_SLEEP_MS = 1_000;

/** Requests that pass the same gates, and those of them that wait, in order. */
export interface Lane {
  readonly gates: readonly Gate[];
  readonly waiting: Waiting[];
}

interface Waiting {
  readonly requests: number;
  readonly go: () => void;
  readonly giveUp: (error: StorageError) => void;
}

/**
 * Lets requests go when there is a place in flight and all their gates are open: lane after lane, so that one that is shut
 * holds no other, and first come, first served in each. While nobody waits there is no timer and no promise.
 */
export class Turns {
  #places = FIRST_IN_FLIGHT;
  #inFlight = 0;
  /** Those in which somebody waits; the next one first. */
  readonly #lanes: Lane[] = [];
  #wakesAt = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly isLate: () => boolean,
  ) {}

  /** Whether it may be sent at once. If so it counts as in flight, until `end`. */
  enter(lane: Lane, requests: number): boolean {
    // Others first, if somebody waits.
    if (this.#lanes.length > 0 || this.#inFlight >= this.#places) return false;
    const now = this.clock.now();
    if (waitMs(lane, now) > 0) return false;
    this.#take(lane, requests, now);
    return true;
  }

  /** Resolves when it may be sent, and counts as in flight. Throws SlowDown where the worker's time is over before. */
  wait(lane: Lane, requests: number): Promise<void> {
    return new Promise((go, giveUp) => {
      if (lane.waiting.push({ requests, go, giveUp }) === 1) this.#lanes.push(lane);
      this.#serve();
    });
  }

  end(isAnswered: boolean): void {
    this.#inFlight -= 1;
    if (isAnswered && this.#places < MOST_IN_FLIGHT) this.#places += 1;
    if (this.#lanes.length > 0) this.#serve();
  }

  #serve(): void {
    // What begins now might not end in time.
    if (this.isLate()) return this.#giveUp();
    const now = this.clock.now();
    let soonest = Infinity;
    for (let shut = 0; this.#inFlight < this.#places && shut < this.#lanes.length;) {
      const lane = this.#lanes.shift() as Lane;
      const ms = waitMs(lane, now);
      if (ms > 0) {
        soonest = Math.min(soonest, ms);
        shut += 1;
      } else {
        shut = 0;
        const next = lane.waiting.shift() as Waiting;
        this.#take(lane, next.requests, now);
        next.go();
      }
      if (lane.waiting.length > 0) this.#lanes.push(lane);
    }
    if (soonest < Infinity) this.#wakeIn(Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, Math.ceil(soonest))));
  }

  #take({ gates }: Lane, requests: number, now: number): void {
    for (const gate of gates) gate.take(now, requests);
    this.#inFlight += 1;
  }

  /** One sleep for all who wait. One that was to last longer wakes for nothing. */
  #wakeIn(ms: number): void {
    const at = this.clock.now() + ms;
    if (at >= this.#wakesAt) return;
    this.#wakesAt = at;
    void this.clock.sleep(ms).then(() => {
      if (this.#wakesAt === at) this.#wakesAt = Infinity;
      if (this.#lanes.length > 0) this.#serve();
    });
  }

  #giveUp(): void {
    for (const { waiting } of this.#lanes.splice(0)) for (const { giveUp } of waiting.splice(0)) giveUp(timeIsOver());
  }
}

function waitMs({ gates }: Lane, now: number): number {
  let longest = 0;
  for (const gate of gates) longest = Math.max(longest, gate.waitMs(now));
  return longest;
}

function timeIsOver(): StorageError {
  return new StorageError('SlowDown', 'The time of this call was over before the request could be sent.', {
    kind: 'throttled',
  });
}

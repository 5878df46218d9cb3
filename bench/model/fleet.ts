import { callOf, type Call } from './calls.js';
import type { Events } from './events.js';
import type { FunctionName } from './functions.js';
import { design } from './measured.js';
import { quotas } from './quotas.js';
import { SharedRate } from './shared-rate.js';
import type { LambdaSeconds } from './usage.js';
import type { Workload } from './workload.js';

/** What the functions of a run did. */
export interface FleetRecord {
  lambda: LambdaSeconds;
  /** When the first call of a function began, and the last one ended, in seconds. */
  spans: Partial<Record<FunctionName, { from: number; to: number }>>;
  throttled: number;
  /** Calls that ended before their chunk did. */
  cursors: number;
  /** Of all functions at once, at most. */
  mostRunning: number;
}

/**
 * The functions of a run as Lambda runs them: a thousand at once, a thousand new environments in ten seconds, fifteen
 * minutes each; CopyChunk as fast as the prefix that its chunk lies in allows.
 */
export class Fleet {
  readonly record: FleetRecord = { lambda: {}, spans: {}, throttled: 0, cursors: 0, mostRunning: 0 };
  #running = 0;
  readonly #environments = new Map<FunctionName, { all: number; busy: number; tokens: number; at: number }>();
  readonly #prefixes: SharedRate[];
  readonly #calls = new Map<FunctionName, Call>();

  constructor(
    private readonly events: Events,
    private readonly workload: Workload,
  ) {
    const { copies, seconds, requests } = this.#callOf('CopyChunk');
    // The failure table's one item counts for all prefixes: a prefix has its part of what that takes.
    const counted =
      requests.tableWrites === 0 ? Infinity : (quotas.itemWritesPerSecond * copies) / requests.tableWrites;
    const capacity = Math.min(quotas.s3WritesPerSecond, counted / workload.prefixes);
    this.#prefixes = Array.from(
      { length: workload.prefixes },
      () => new SharedRate(events, copies / seconds, capacity),
    );
  }

  /**
   * Calls a function; false where Lambda has no place for it. `place` is where in key space a chunk lies, from 0 to 1, and
   * `left` how much of it is to be copied; `ended` is told how much of it still is.
   */
  call(name: FunctionName, { place, left }: { place: number; left: number }, ended: (left: number) => void): boolean {
    if (this.#running >= quotas.lambdaConcurrency || !this.#takeEnvironment(name)) {
      this.record.throttled += 1;
      return false;
    }
    const from = this.events.now;
    this.#running += 1;
    this.record.mostRunning = Math.max(this.record.mostRunning, this.#running);
    const end = (stillLeft: number) => {
      this.#running -= 1;
      this.#environmentsOf(name).busy -= 1;
      this.#note(name, from);
      ended(stillLeft);
    };
    const { copies, seconds } = this.#callOf(name);
    const rate =
      copies > 0
        ? this.#prefixes[Math.min(this.#prefixes.length - 1, Math.floor(place * this.#prefixes.length))]
        : undefined;
    if (rate) this.#copy(rate, copies, left, end);
    else this.events.after(seconds * left, () => end(0));
    return true;
  }

  #copy(rate: SharedRate, copies: number, left: number, end: (left: number) => void): void {
    const stop = rate.work(copies * left, () => {
      late.isCancelled = true;
      end(0);
    });
    const late = this.events.after(quotas.lambdaSeconds - design.margin, () => {
      this.record.cursors += 1;
      end(stop() / copies);
    });
  }

  #takeEnvironment(name: FunctionName): boolean {
    const own = this.#environmentsOf(name);
    const { environments, seconds } = quotas.lambdaBurst;
    own.tokens = Math.min(environments, own.tokens + ((this.events.now - own.at) * environments) / seconds);
    own.at = this.events.now;
    if (own.busy >= own.all) {
      if (own.tokens < 1) return false;
      own.tokens -= 1;
      own.all += 1;
    }
    own.busy += 1;
    return true;
  }

  #environmentsOf(name: FunctionName) {
    const own = this.#environments.get(name) ?? { all: 0, busy: 0, tokens: quotas.lambdaBurst.environments, at: 0 };
    this.#environments.set(name, own);
    return own;
  }

  #callOf(name: FunctionName): Call {
    const call = this.#calls.get(name) ?? callOf(name, this.workload);
    this.#calls.set(name, call);
    return call;
  }

  #note(name: FunctionName, from: number): void {
    const { lambda, spans } = this.record;
    const used = (lambda[name] ??= { calls: 0, seconds: 0 });
    used.calls += 1;
    used.seconds += this.events.now - from;
    const span = (spans[name] ??= { from, to: from });
    span.to = this.events.now;
  }
}

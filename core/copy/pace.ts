import { StorageError } from '../errors.js';
import type { Ports } from '../ports.js';
import { Bucket, type Gate } from './pace/gate.js';
import { LearnedRate } from './pace/learned-rate.js';
import { prefixOf } from './pace/prefixes.js';
import { MOST_IN_FLIGHT, Turns, type Lane } from './pace/turns.js';

/** How often a 5xx or a lost connection is tried before it stands. */
const MOST_TRIES = 5;
const LONGEST_DELAY_MS = 10_000;
/** Patience with SlowDown of a worker that has no deadline of its own to keep: two thirds of Lambda's time. */
const LONGEST_PATIENCE_MS = 600_000;

export interface PaceOptions {
  /** Requests a second, to both buckets together; may be a fraction. */
  perSecond?: number;
  /** Prefixes of the destination that have a rate of their own. */
  prefixes?: ReadonlySet<string>;
  /** Whether the worker's time is over. */
  isLate?: () => boolean;
}

/** What a request writes at the destination. */
export interface Write {
  key: string;
  /** Whether S3 has to ask KMS for a key of source or destination. */
  usesKms: boolean;
  /** How many requests it is, 1 by default: what is streamed is also read. */
  requests?: number;
}

/** Of one limit of S3, by whether the requests use a key of KMS. */
interface Lanes {
  readonly rate: LearnedRate;
  readonly plain: Lane;
  readonly keyed: Lane;
}

/**
 * Holds a worker back to what S3 takes. Each limit of S3 has a rate, learned from its refusals: reads of each side, writes
 * under each prefix of the destination, and what uses a key of KMS. SlowDown has no end but that of the worker's time; what
 * S3 may answer otherwise is tried as often as MOST_TRIES says, after a random part of a doubling delay.
 */
export class Pace {
  readonly #turns: Turns;
  readonly #ceiling: readonly Gate[];
  readonly #isLate: () => boolean;
  readonly #prefixes: ReadonlySet<string>;
  readonly #kms = new LearnedRate();
  readonly #reads: Readonly<Record<'source' | 'destination', Lanes>>;
  readonly #writes = new Map<string, Lanes>();
  readonly #otherWrites: Lanes;
  readonly #beside: Lanes;
  readonly #inWork = new Set<Promise<void>>();
  readonly #errors: unknown[] = [];
  readonly #waiting: (() => void)[] = [];

  constructor(
    private readonly ports: Pick<Ports, 'clock' | 'random' | 'retryDelayMs'>,
    { perSecond = Infinity, prefixes = new Set(), isLate }: PaceOptions = {},
  ) {
    const began = ports.clock.now();
    this.#isLate = isLate ?? (() => ports.clock.now() - began > LONGEST_PATIENCE_MS);
    this.#turns = new Turns(ports.clock, this.#isLate);
    this.#ceiling = perSecond === Infinity ? [] : [new Bucket(perSecond)];
    this.#prefixes = prefixes;
    this.#reads = { source: this.#open(), destination: this.#open() };
    this.#otherWrites = this.#open();
    this.#beside = this.#open([]);
  }

  /** Waits until less than the most is in work, then starts it. What it throws is kept for `idle`. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#inWork.size >= MOST_IN_FLIGHT) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const task = work()
      .catch((error: unknown) => {
        this.#errors.push(error);
      })
      .finally(() => {
        this.#inWork.delete(task);
        this.#waiting.shift()?.();
      });
    this.#inWork.add(task);
  }

  /** Resolves when nothing is in work. Throws the first error that work threw. */
  async idle(): Promise<void> {
    await Promise.all(this.#inWork);
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /**
   * Reads of one side until S3 answers for good. Throws the last StorageError when patience is spent; one that is
   * `throttled` says that the worker's time is, and nothing of the object.
   */
  patiently<T>(call: () => Promise<T>, side: 'source' | 'destination' = 'destination'): Promise<T> {
    return this.#ask(this.#reads[side], false, 1, call);
  }

  /** The same of a write at the destination. */
  write<T>({ key, usesKms, requests = 1 }: Write, call: () => Promise<T>): Promise<T> {
    return this.#ask(this.#writesTo(key), usesKms, requests, call);
  }

  /** The same of what is no request of S3, and has to be done before one: another service has a rate of its own. */
  besides<T>(call: () => Promise<T>): Promise<T> {
    return this.#ask(this.#beside, false, 1, call);
  }

  async #ask<T>({ rate, plain, keyed }: Lanes, usesKms: boolean, requests: number, call: () => Promise<T>): Promise<T> {
    let lane = usesKms ? keyed : plain;
    for (let tries = 1; ;) {
      if (!this.#turns.enter(lane, requests)) await this.#turns.wait(lane, requests);
      const lowered = rate.lowered;
      const kmsLowered = this.#kms.lowered;
      const answered = () => {
        const now = this.ports.clock.now();
        rate.answered(lowered, now);
        if (lane === keyed) this.#kms.answered(kmsLowered, now);
        this.#turns.end(true);
      };
      try {
        const answer = await call();
        answered();
        return answer;
      } catch (error) {
        if (!(error instanceof StorageError) || error.kind === 'refused') {
          answered();
          throw error;
        }
        this.#turns.end(false);
        if (error.kind === 'throttled') {
          if (isOfKms(error)) {
            this.#kms.refused(kmsLowered, this.ports.clock.now());
            // Sent as one that needs no key, it does after all.
            lane = keyed;
          } else rate.refused(lowered, this.ports.clock.now());
          if (this.#isLate()) throw error;
        } else {
          if (tries === MOST_TRIES) throw error;
          const delay = Math.min(LONGEST_DELAY_MS, this.ports.retryDelayMs * 2 ** (tries - 1));
          tries += 1;
          await this.ports.clock.sleep(this.ports.random() * delay);
        }
      }
    }
  }

  #writesTo(key: string): Lanes {
    if (this.#prefixes.size === 0) return this.#otherWrites;
    const prefix = prefixOf(key);
    const known = this.#writes.get(prefix);
    if (known) return known;
    if (!this.#prefixes.has(prefix)) return this.#otherWrites;
    const lanes = this.#open();
    this.#writes.set(prefix, lanes);
    return lanes;
  }

  #open(ceiling = this.#ceiling): Lanes {
    const rate = new LearnedRate();
    const lane = (...gates: Gate[]): Lane => ({ gates: [...gates, ...ceiling], waiting: [] });
    return { rate, plain: lane(rate), keyed: lane(rate, this.#kms) };
  }
}

/**
 * S3 passes KMS's refusals on, as a SlowDown that says so ("Please reduce your request rate for operations involving AWS
 * KMS.") or under KMS's own code. They are about the account's quota of KMS, not about a prefix.
 * Source: https://github.com/aws-samples/cql-replicator/issues/92; KMS Developer Guide, "Throttling AWS KMS requests".
 */
function isOfKms({ code, message }: StorageError): boolean {
  return code.startsWith('KMS.') || /\bKMS\b/.test(message);
}

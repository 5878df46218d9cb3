import type { RunRequest } from '../../contracts/run-request.js';
import type { FenceName } from '../../contracts/fence.js';
import type { Amount, FailureTable } from '../ports.js';
import { workersOf } from '../workers.js';

/** Objects for which a worker asks the table at once, at most. */
const MOST_AT_ONCE = 100;
/** Of what is left, each worker asks for a small part, so that the last of it is not held by workers that do not need it. */
const PARTS_A_WORKER = 4;

/**
 * What a worker may copy of what the run may. All workers share a counter in the failure table, from which each takes some
 * ahead, and gives back what it did not need. What a killed worker held is lost, so that the run stops earlier; never later.
 */
export class Budget {
  /** The fence that had no more to give. */
  reached: FenceName | undefined;
  #held: Amount = NOTHING;
  /** What was left when the table was last asked. */
  #left: Amount = { objects: Infinity, bytes: Infinity };
  /** One asks at a time; the others find what it got. */
  #asking: Promise<unknown> = Promise.resolve();
  readonly #workers: number;
  readonly #most: Partial<Amount>;

  /** @param average bytes of an object, about */
  constructor(
    private readonly table: Pick<FailureTable, 'take' | 'giveBack'>,
    private readonly runId: string,
    request: Pick<RunRequest, 'maxObjects' | 'maxBytes' | 'maxConcurrency' | 'requestsPerSecond'>,
    private readonly average: number,
  ) {
    const { maxObjects, maxBytes } = request;
    this.#most = {
      ...(maxObjects === undefined ? {} : { objects: maxObjects }),
      ...(maxBytes === undefined ? {} : { bytes: maxBytes }),
    };
    this.#workers = workersOf(request);
  }

  /** Whether so much may be copied. If so it counts as copied. Once it is refused something, the worker is to begin nothing more. */
  async take(needed: Amount): Promise<boolean> {
    if (this.#most.objects === undefined && this.#most.bytes === undefined) return true;
    const turn = this.#asking.then(() => this.#takeInTurn(needed));
    this.#asking = turn.catch(() => undefined);
    return turn;
  }

  /** What was taken and surely not copied: others may. */
  putBack({ objects, bytes }: Amount): void {
    this.#held = { objects: this.#held.objects + objects, bytes: this.#held.bytes + bytes };
  }

  /** Gives what is held to the other workers. */
  async close(): Promise<void> {
    await this.#asking;
    const held = this.#counted(this.#held);
    this.#held = NOTHING;
    if ((held.objects ?? 0) > 0 || (held.bytes ?? 0) > 0) await this.table.giveBack(this.runId, held);
  }

  async #takeInTurn(needed: Amount): Promise<boolean> {
    const short = this.#shortOf(needed);
    if (short.objects > 0 || short.bytes > 0) {
      if (this.reached) return false;
      const taken = await this.table.take(
        this.runId,
        this.#counted(short),
        this.#counted(this.#ahead(short)),
        this.#most,
      );
      if (taken.kind === 'spent') {
        this.reached = taken.of === 'objects' ? 'maxObjects' : 'maxBytes';
        return false;
      }
      this.putBack({ objects: taken.amount.objects ?? 0, bytes: taken.amount.bytes ?? 0 });
      this.#left = { objects: taken.left.objects ?? Infinity, bytes: taken.left.bytes ?? Infinity };
    }
    const { objects, bytes } = this.#held;
    // What has no fence is not counted.
    this.#held = {
      objects: this.#most.objects === undefined ? 0 : objects - needed.objects,
      bytes: this.#most.bytes === undefined ? 0 : bytes - needed.bytes,
    };
    return true;
  }

  #shortOf(needed: Amount): Amount {
    const short = (name: keyof Amount) =>
      this.#most[name] === undefined ? 0 : Math.max(0, needed[name] - this.#held[name]);
    return { objects: short('objects'), bytes: short('bytes') };
  }

  /** What is short, and as much more as a worker may ask for ahead. */
  #ahead(short: Amount): Amount {
    const share = (name: keyof Amount, most: number) =>
      Math.max(short[name], Math.floor(Math.min(most, this.#leftOf(name) / (PARTS_A_WORKER * this.#workers))));
    return {
      objects: share('objects', MOST_AT_ONCE),
      bytes: share('bytes', MOST_AT_ONCE * Math.ceil(this.average)),
    };
  }

  #leftOf(name: keyof Amount): number {
    return Math.min(this.#left[name], this.#most[name] ?? Infinity);
  }

  #counted({ objects, bytes }: Amount): Partial<Amount> {
    return {
      ...(this.#most.objects === undefined ? {} : { objects }),
      ...(this.#most.bytes === undefined ? {} : { bytes }),
    };
  }
}

/** Of who copies nothing, or as much as there is. */
export const UNBOUNDED: Pick<Budget, 'take' | 'putBack'> = { take: async () => true, putBack: () => undefined };

const NOTHING: Amount = { objects: 0, bytes: 0 };

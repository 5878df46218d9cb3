import { seededRandom } from '../seeded-random.js';
import type { OperationName } from './router.js';
import type { S3ErrorCode } from './s3-error.js';

/** A request as faults see it. */
export interface FaultRequest {
  operation: OperationName;
  bucket: string;
  key: string;
  /** The key that CopyObject and UploadPartCopy read. */
  sourceKey?: string;
}

/** What happens to a request that a fault strikes. */
export type Effect =
  /** Answered with this error; nothing is done. */
  | { error: S3ErrorCode }
  /** Answered 200 with an `<Error>` in its body, as copies and completions may be; nothing is done. */
  | { errorIn200: S3ErrorCode }
  /** The connection is closed: before anything is done, or after it, so that only the answer is lost. */
  | { drop: 'before' | 'after' }
  /** Something else happens first; then the request is served as always. */
  | { call: (request: FaultRequest) => void | Promise<void> };

export interface Fault {
  operation?: OperationName | readonly OperationName[];
  bucket?: string;
  key?: string | ((key: string) => boolean);
  /** The source's key of CopyObject and UploadPartCopy; other requests have none and do not match. */
  sourceKey?: string | ((key: string) => boolean);
  /** So many matching requests pass first. */
  skip?: number;
  /** So many are struck; without it, all. */
  times?: number;
  /** Each matching request is struck with this probability: 0 to 1, the same sequence every time. */
  probability?: number;
  effect: Effect;
}

/** A fault that was added. */
export interface PlantedFault {
  /** How many requests it has struck. */
  readonly hits: number;
  remove(): void;
}

/** The faults that requests meet; of several that match, the first added strikes. */
export class FaultPlan {
  #faults: Planted[] = [];

  add(fault: Fault): PlantedFault {
    const planted = new Planted(fault, (gone) => {
      this.#faults = this.#faults.filter((other) => other !== gone);
    });
    this.#faults.push(planted);
    return planted;
  }

  clear(): void {
    this.#faults = [];
  }

  /** The effect on this request, counted as a hit; undefined where it passes. */
  strike(request: FaultRequest): Effect | undefined {
    return this.#faults.find((fault) => fault.strikes(request))?.effect;
  }
}

class Planted implements PlantedFault {
  hits = 0;
  #seen = 0;
  readonly #fault: Fault;
  readonly #remove: (self: Planted) => void;
  readonly #random = seededRandom(1);

  constructor(fault: Fault, remove: (self: Planted) => void) {
    this.#fault = fault;
    this.#remove = remove;
  }

  get effect(): Effect {
    return this.#fault.effect;
  }

  remove(): void {
    this.#remove(this);
  }

  strikes(request: FaultRequest): boolean {
    const { skip = 0, times = Infinity, probability = 1 } = this.#fault;
    if (this.hits >= times || !this.#matches(request)) return false;
    this.#seen += 1;
    if (this.#seen <= skip || (probability < 1 && this.#random() >= probability)) return false;
    this.hits += 1;
    return true;
  }

  #matches({ operation, bucket, key, sourceKey }: FaultRequest): boolean {
    const fault = this.#fault;
    return (
      (fault.operation === undefined || [fault.operation].flat().includes(operation)) &&
      (fault.bucket === undefined || fault.bucket === bucket) &&
      matchesKey(fault.key, key) &&
      matchesKey(fault.sourceKey, sourceKey)
    );
  }
}

function matchesKey(wanted: Fault['key'], key: string | undefined): boolean {
  if (wanted === undefined) return true;
  return key !== undefined && (typeof wanted === 'string' ? wanted === key : wanted(key));
}

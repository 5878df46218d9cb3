import { seededRandom } from './seeded-random.js';

/** How often a planted fault strikes what it matches. */
export interface FaultTimes {
  /** So many matching requests pass first. */
  skip?: number;
  /** So many are struck; without it, all. */
  times?: number;
  /** Each matching request is struck with this probability: 0 to 1, the same sequence every time. */
  probability?: number;
}

/** A fault that was added. */
export interface PlantedFault {
  /** How many requests it has struck. */
  readonly hits: number;
  remove(): void;
}

/** The faults that a service's requests meet; of several that match, the first added strikes. */
export class Faults<Fault extends FaultTimes & { effect: unknown }, Request> {
  #faults: Planted<Fault>[] = [];
  readonly #matches: (fault: Fault, request: Request) => boolean;

  constructor(matches: (fault: Fault, request: Request) => boolean) {
    this.#matches = matches;
  }

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
  strike(request: Request): Fault['effect'] | undefined {
    return this.#faults.find((planted) => this.#matches(planted.fault, request) && planted.strikes())?.fault.effect;
  }
}

class Planted<Fault extends FaultTimes> implements PlantedFault {
  hits = 0;
  readonly fault: Fault;
  #seen = 0;
  readonly #remove: (self: Planted<Fault>) => void;
  readonly #random = seededRandom(1);

  constructor(fault: Fault, remove: (self: Planted<Fault>) => void) {
    this.fault = fault;
    this.#remove = remove;
  }

  remove(): void {
    this.#remove(this);
  }

  /** Whether it strikes a request that it matches. */
  strikes(): boolean {
    const { skip = 0, times = Infinity, probability = 1 } = this.fault;
    if (this.hits >= times) return false;
    this.#seen += 1;
    if (this.#seen <= skip || (probability < 1 && this.#random() >= probability)) return false;
    this.hits += 1;
    return true;
  }
}

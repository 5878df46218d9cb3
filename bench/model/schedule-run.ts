import { Events } from './events.js';
import { Fleet, type FleetRecord } from './fleet.js';
import type { FunctionName } from './functions.js';
import { childOf, type MapName, type Retrier } from './machine.js';
import { quotas } from './quotas.js';
import { placesOf } from './spread.js';
import { seededRandom } from '../../local/seeded-random.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

export interface SimulatedRun extends FleetRecord {
  seconds: number;
  passes: number;
  /** Chunks that failed as a whole, in all passes. */
  failedChunks: number;
  /** Tasks that were tried again. */
  retries: number;
}

const THROTTLED = 'Lambda.TooManyRequestsException';
const MOST_PASSES = 5;

/**
 * A run's schedule without the engine: the Maps of the definition one after the other, their children as many at once as
 * the run asks for, tried again as the definition says, on the same fleet. Holds the children under way and no others, so that
 * billions of objects pass through. The second pass is of the chunks whose worker found no place.
 */
export function scheduleRun(workload: Workload, seed = 1): SimulatedRun {
  const events = new Events();
  const fleet = new Fleet(events, workload);
  const run = new Schedule(events, fleet, Math.min(workload.concurrency, quotas.mapChildren), seededRandom(seed));
  const order: (() => void)[] = [];
  const goOn = () => order.shift()?.();
  const failed: number[] = [];
  let passes = 0;
  const once = (name: FunctionName) => order.push(() => run.once(name, goOn));
  const pass = (places: Iterable<number>, again: Iterable<number>, count: number) => {
    passes += 1;
    failed.length = 0;
    order.push(() => run.map('CopyChunks', places, count, (place) => failed.push(place), goOn));
    order.push(() => run.map('VerifyChunks', again, count, () => {}, goOn));
    once('TallyPass');
    order.push(() => {
      if (failed.length === 0 || passes === MOST_PASSES) order.push(() => run.once('ReportRun', goOn));
      else pass([...failed], [...failed], failed.length);
      goOn();
    });
  };
  once('PrepareRun');
  order.push(() => run.map('IndexFiles', placesOf(filesOf(workload)), filesOf(workload), () => {}, goOn));
  once('PlanPass');
  pass(placesOf(chunksOf(workload)), placesOf(chunksOf(workload)), chunksOf(workload));
  goOn();
  while (events.step());
  return { ...fleet.record, seconds: events.now, passes, failedChunks: run.failedChunks, retries: run.retries };
}

class Schedule {
  failedChunks = 0;
  retries = 0;

  constructor(
    private readonly events: Events,
    private readonly fleet: Fleet,
    private readonly concurrency: number,
    private readonly random: () => number,
  ) {}

  /** A Task of the parent. */
  once(name: FunctionName, done: () => void): void {
    this.fleet.call(name, { place: 0, left: 1 }, done);
  }

  map(map: MapName, places: Iterable<number>, count: number, failed: (place: number) => void, done: () => void): void {
    const { task, retry } = childOf(map);
    const items = places[Symbol.iterator]();
    let [running, ended] = [0, 0];
    let startsAt = this.events.now;
    const ends = (place: number, succeeded: boolean) => {
      running -= 1;
      ended += 1;
      if (!succeeded) {
        this.failedChunks += 1;
        failed(place);
      }
      if (ended === count) done();
      else fill();
    };
    const fill = () => {
      while (running < this.concurrency) {
        const { value: place, done: isLast } = items.next() as IteratorResult<number, undefined>;
        if (isLast || place === undefined) return;
        running += 1;
        startsAt = Math.max(this.events.now, startsAt) + 1 / quotas.childrenPerSecond;
        this.events.after(startsAt - this.events.now, () => this.#child(task, retry, place, (ok) => ends(place, ok)));
      }
    };
    fill();
  }

  /** A child: its task until nothing is left of it, and what records its failure. */
  #child(task: FunctionName, retry: Retrier[], place: number, ended: (succeeded: boolean) => void): void {
    const giveUp = () =>
      this.#try(
        'RecordChunkFailure',
        retry,
        place,
        1,
        () => ended(false),
        () => ended(false),
      );
    const goOn = (left: number): void =>
      this.#try(task, retry, place, left, (still) => (still > 0 ? goOn(still) : ended(true)), giveUp);
    goOn(1);
  }

  #try(
    name: FunctionName,
    retry: Retrier[],
    place: number,
    left: number,
    ended: (left: number) => void,
    giveUp: () => void,
    made = 0,
  ): void {
    if (this.fleet.call(name, { place, left }, ended)) return;
    const retrier = retry.find(({ ErrorEquals }) => ErrorEquals.includes(THROTTLED));
    if (!retrier || made === retrier.MaxAttempts) return giveUp();
    this.retries += 1;
    const { IntervalSeconds, BackoffRate, MaxDelaySeconds } = retrier;
    const delay = this.random() * Math.min(MaxDelaySeconds, IntervalSeconds * BackoffRate ** made);
    this.events.after(delay, () => this.#try(name, retry, place, left, ended, giveUp, made + 1));
  }
}

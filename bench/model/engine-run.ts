import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../local/clock.js';
import { seededRandom } from '../../local/seeded-random.js';
import { EmbeddedStepFunctions } from '../../local/step-functions/embedded-step-functions.js';
import { substitute } from '../../state-machines/substitute.js';
import { Events } from './events.js';
import { Fleet } from './fleet.js';
import { functionMemory, type FunctionName } from './functions.js';
import { definition } from './machine.js';
import { design } from './measured.js';
import { quotas } from './quotas.js';
import type { SimulatedRun } from './schedule-run.js';
import { placesOf } from './spread.js';
import { chunksOf, filesOf, type Workload } from './workload.js';

export interface EngineRun extends SimulatedRun {
  status: string;
  /** States entered by the parent and all children, with one for each start: counted in their histories, where asked for. */
  transitions: number | undefined;
  /** Events of the parent's history. */
  parentEvents: number;
}

/** As the ItemSelectors and Arguments of the definition make them. */
interface Payload {
  chunk?: { id: string; place: number };
  file?: { file: number };
  cursor?: { row: number } | null;
  error?: object;
}

/** Functions of states that a plain run of an inventory does not come to. */
const OF_NO_SUCH_RUN = [
  'MergeRange',
  'GatherRanges',
  'ListRange',
  'GatherListing',
  'StartJob',
  'CheckJob',
  'ReadJobReport',
];

/**
 * The real state machine on the embedded Step Functions, in virtual time: its Lambdas are the fleet, its S3 holds the items
 * of the Maps. @param countTransitions reads every history, which takes its time
 */
export async function engineRun(
  workload: Workload,
  { seed = 1, countTransitions = false }: { seed?: number; countTransitions?: boolean } = {},
): Promise<EngineRun> {
  const world = new World(workload, seed);
  const status = await world.run();
  const histories = countTransitions ? await world.transitions() : undefined;
  const result = { ...world.result(), status, transitions: histories, parentEvents: await world.parentEvents() };
  await world.service.stop();
  return result;
}

class World {
  readonly service: EmbeddedStepFunctions;
  readonly #events = new Events();
  readonly #fleet: Fleet;
  /** Grows with all that the engine does: when it stands still, the next event may come. */
  #activity = 0;
  #startsAt = new Map<string, number>();
  #started = new Set<string>();
  #retries = 0;
  #failed: Payload['chunk'][] = [];
  #failedChunks = 0;
  #pass = 1;
  #arn = '';

  constructor(
    private readonly workload: Workload,
    seed: number,
  ) {
    this.#fleet = new Fleet(this.#events, workload);
    const clock = this.#clock();
    this.service = new EmbeddedStepFunctions(
      {
        clock,
        workClock: clock,
        random: seededRandom(seed),
        invokeLambda: async (name, payload, _signal, started) => {
          const answer = await this.#invoke(name as FunctionName, JSON.parse(payload) as Payload, started);
          return { payload: JSON.stringify(answer), executedVersion: '1' };
        },
        readObject: async (_bucket, key) => Buffer.from(this.#itemsOf(key)),
        writeObject: async () => {},
      },
      { region: 'us-east-1', accountId: '123456789012' },
    );
  }

  async run(): Promise<string> {
    const { stateMachineArn } = await this.#ask('CreateStateMachine', {
      name: 'simulated',
      roleArn: 'arn:aws:iam::123456789012:role/simulated',
      definition: JSON.stringify(
        substitute(definition, {
          Partition: 'aws',
          LambdaInvoke: 'arn:aws:states:::lambda:invoke',
          WorkBucket: 'work',
          Pair: '{}',
          ...Object.fromEntries(
            [...Object.keys(functionMemory), ...OF_NO_SUCH_RUN].map((name) => [`${name}Function`, name]),
          ),
        }),
      ),
    });
    const { executionArn } = await this.#ask('StartExecution', { stateMachineArn, name: 'run', input: '{}' });
    this.#arn = String(executionArn);
    for (;;) {
      await this.#settle();
      const { status } = await this.#ask('DescribeExecution', { executionArn });
      if (status !== 'RUNNING') return String(status);
      for (let steps = 0; steps < 1_000; steps++) {
        if (!this.#events.step()) break;
        await this.#settle();
      }
    }
  }

  result(): SimulatedRun {
    const { record } = this.#fleet;
    return {
      ...record,
      seconds: this.#events.now,
      passes: this.#pass,
      failedChunks: this.#failedChunks,
      retries: this.#retries,
    };
  }

  async transitions(): Promise<number> {
    let sum = 1 + entered(await this.#history(this.#arn));
    const { mapRuns } = (await this.#ask('ListMapRuns', { executionArn: this.#arn })) as {
      mapRuns: { mapRunArn: string }[];
    };
    for (const { mapRunArn } of mapRuns)
      for (let nextToken: unknown; ;) {
        const page = await this.#ask('ListExecutions', {
          mapRunArn,
          maxResults: 1_000,
          ...(nextToken ? { nextToken } : {}),
        });
        for (const { executionArn } of page['executions'] as { executionArn: string }[])
          sum += 1 + entered(await this.#history(executionArn));
        nextToken = page['nextToken'];
        if (!nextToken) break;
      }
    return sum;
  }

  async parentEvents(): Promise<number> {
    return (await this.#history(this.#arn)).length;
  }

  async #history(executionArn: string): Promise<{ type: string }[]> {
    const { events } = await this.#ask('GetExecutionHistory', { executionArn, maxResults: 1_000 });
    return events as { type: string }[];
  }

  /** Nothing but promises is under way between two events: a few turns without a sign of the engine are its rest. */
  async #settle(): Promise<void> {
    for (let quiet = 0, seen = -1; quiet < 2;) {
      await nextTurn();
      quiet = this.#activity === seen ? quiet + 1 : 0;
      seen = this.#activity;
    }
  }

  #clock(): Clock {
    return {
      now: () => {
        this.#activity += 1;
        return Math.round(this.#events.now * 1_000);
      },
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          this.#activity += 1;
          signal?.throwIfAborted();
          const timer = this.#events.after(ms / 1_000, resolve);
          signal?.addEventListener(
            'abort',
            () => {
              timer.isCancelled = true;
              reject(signal.reason as Error);
            },
            { once: true },
          );
        }),
    };
  }

  async #invoke(name: FunctionName, payload: Payload, started: () => void): Promise<object> {
    this.#activity += 1;
    const item = payload.chunk?.id ?? payload.file?.file;
    if (item !== undefined && name !== 'RecordChunkFailure') await this.#childStarts(name, `${this.#pass} ${item}`);
    const { cursor, chunk } = payload;
    const left = 1 - (cursor?.row ?? 0) / design.chunkRows;
    const still = await new Promise<number>((resolve, reject) => {
      if (this.#fleet.call(name, { place: chunk?.place ?? 0, left }, resolve)) return started();
      this.#retries += 1;
      reject(Object.assign(new Error('Rate Exceeded.'), { name: 'Lambda.TooManyRequestsException' }));
    });
    this.#activity += 1;
    return this.#answer(name, payload, still);
  }

  /** A Map starts so many children a second and no more. */
  async #childStarts(name: string, item: string): Promise<void> {
    const key = `${name} ${item}`;
    if (this.#started.has(key)) return;
    this.#started.add(key);
    const map = `${name} ${this.#pass}`;
    const at = Math.max(this.#startsAt.get(map) ?? 0, this.#events.now) + 1 / quotas.childrenPerSecond;
    this.#startsAt.set(map, at);
    await new Promise<void>((resolve) => this.#events.after(at - this.#events.now, resolve));
  }

  #answer(name: FunctionName, { chunk }: Payload, still: number): object {
    if (name === 'PrepareRun')
      return {
        run: {
          id: 'run',
          prefix: '',
          dryRun: false,
          engine: 'copy',
          maxConcurrency: this.workload.concurrency,
          listing: '',
        },
        round: 0,
      };
    if (name === 'PlanPass') return { chunks: chunksOf(this.workload), merge: 0 };
    if (name === 'CopyChunk' && still > 0)
      return { done: false, cursor: { row: design.chunkRows * (1 - still), stalls: 0 }, stop: null };
    if (name === 'CopyChunk') return { done: true, cursor: null, stop: null };
    if (name === 'RecordChunkFailure') {
      this.#failed.push(chunk);
      this.#failedChunks += 1;
    }
    if (name === 'TallyPass') return this.#tally();
    return name === 'ReportRun' ? { succeeded: true, summary: {}, cause: '' } : {};
  }

  #tally(): object {
    if (this.#failed.length === 0) return { decision: 'done', waitSeconds: 0 };
    this.#pass += 1;
    return { decision: 'again', waitSeconds: 3 };
  }

  #itemsOf(key: string): string {
    if (key === 'files.jsonl') return lines(Array.from({ length: filesOf(this.workload) }, (_, file) => ({ file })));
    if (this.#pass === 1)
      return lines([...placesOf(chunksOf(this.workload))].map((place, n) => ({ id: `${n}`, place })));
    const items = lines(this.#failed);
    // Read by both Maps of the pass; what fails in it is the next one's.
    if (this.#started.has(key)) this.#failed = [];
    this.#started.add(key);
    return items;
  }

  async #ask(action: string, input: object): Promise<Record<string, unknown>> {
    const { status, body } = await this.service.handle(action, input);
    if (status !== 200) throw new Error(`${action} was refused: ${JSON.stringify(body)}`);
    return body as Record<string, unknown>;
  }
}

function lines(items: readonly unknown[]): string {
  return items.map((item) => `${JSON.stringify(item)}\n`).join('');
}

function entered(history: { type: string }[]): number {
  return history.filter(({ type }) => type.endsWith('StateEntered')).length;
}

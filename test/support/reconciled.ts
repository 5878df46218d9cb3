import { DynamoReconciliations } from '../../adapters/dynamodb/reconciliations.js';
import type { PairBounds } from '../../contracts/pair.js';
import { reconciliation, type Reconciliation } from '../../contracts/reconciliation.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { InventoryField } from '../../local/s3/inventory-columns.js';
import { openEngine, type EngineUnderTest } from './engine.js';
import { boundsOf, newWorld, type World } from './world.js';

type Side = 'source' | 'destination';

interface When {
  daysAgo?: number;
  /** Milliseconds since the epoch, in place of days. */
  at?: number;
}

export interface Delivery {
  daysAgo: number;
  minutesLater?: number;
  fields?: readonly InventoryField[];
  files?: number;
}

/** A day, as it ended. */
export interface ReconciledDay {
  status: string;
  error: string | undefined;
  cause: string | undefined;
  /** The day's line of the history; none of one that was stopped. */
  line: Reconciliation | undefined;
  /** Names of the runs of the backfill that it started. */
  runs: string[];
  /** Keys that S3 was asked to copy to. */
  copies: string[];
}

/** A pair with inventories of both sides, on an engine of its own; every time in it counts back from one hour of now. */
export interface Reconciled extends AsyncDisposable {
  test: EngineUnderTest;
  world: World;
  /** Milliseconds since the epoch. */
  timeOf(daysAgo: number): number;
  /** ISO 8601. */
  dayAt(daysAgo: number): string;
  put(side: Side, key: string, body: string, when?: When): void;
  /** The same object on both sides, the copy a day later. */
  putBoth(key: string): void;
  remove(side: Side, key: string): void;
  body(side: Side, key: string): string | undefined;
  deliver(delivery: Delivery): void;
  /** Answers the manifest's key. */
  deliverOne(side: Side, delivery: Delivery): string;
  reconcile(input: object): Promise<ReconciledDay>;
  /** Starts one, and answers its ARN. */
  start(input: object): Promise<string>;
  /** Waits for the end of one that was started. */
  endOf(executionArn: string): Promise<ReconciledDay>;
  /** The newest first. */
  history(): Promise<Reconciliation[]>;
}

const NAME = 'reconciled';
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** What the tables of the pair are deployed for. */
export const FIELDS: readonly InventoryField[] = [
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'IsMultipartUploaded',
  'EncryptionStatus',
  'ChecksumAlgorithm',
];

export async function openReconciled(more: Partial<PairBounds> = {}): Promise<Reconciled> {
  const base = boundsOf(NAME);
  const copies: string[] = [];
  const listen = ({ action, resource }: AwsCall) => {
    const copy = action === 's3:PutObject' ? /^arn:aws:s3:::reconciled-destination\/(.*)$/s.exec(resource) : null;
    if (copy?.[1] !== undefined && !copy[1].endsWith('.s3-backfill-probe')) copies.push(copy[1]);
  };
  const test = await openEngine({
    engine: { access: { onCall: listen } },
    pipeline: {
      pair: 'photos',
      chunkRows: 100,
      retryDelayMs: 1,
      bounds: {
        ...base,
        destinationInventory: { bucket: `${NAME}-inventory`, prefix: 'replica', configId: 'all' },
        ...more,
      },
    },
  });
  const { engine, pipeline } = test;
  const world = newWorld(test, NAME);
  const now = Math.floor(engine.clock.now() / HOUR_MS) * HOUR_MS;
  const buckets = { source: world.source, destination: world.destination };
  const settings = { endpoint: engine.endpoint, region: engine.region, credentials: engine.credentials };
  const table = new DynamoReconciliations(pipeline.reconciliations, settings);
  const timeOf = (daysAgo: number) => now - daysAgo * DAY_MS;
  const ask = async <Answer>(action: string, input: object): Promise<Answer> =>
    (await engine.stepFunctions.handle(action, input)).body as Answer;

  const history = async () => {
    const lines: Reconciliation[] = [];
    for await (const line of table.ofPair('photos')) lines.push(line);
    return lines;
  };
  const put: Reconciled['put'] = (side, key, body, { daysAgo = 7, at } = {}) =>
    void engine.s3.putObject(buckets[side], key, Buffer.from(body), { lastModified: at ?? timeOf(daysAgo) });
  const deliverOne: Reconciled['deliverOne'] = (side, { daysAgo, minutesLater = 0, fields = FIELDS, files = 2 }) =>
    engine.s3.deliverInventory({
      bucket: buckets[side],
      destinationBucket: world.inventory,
      prefix: side === 'source' ? 'inventory' : 'replica',
      configId: 'all',
      at: timeOf(daysAgo) + minutesLater * 60_000,
      fields,
      files,
      sorted: false,
    }).manifestKey;
  let days = 0;
  let before = new Set<string>();
  const start = async (input: object) => {
    copies.length = 0;
    before = new Set(await runsOf());
    const { executionArn } = await ask<{ executionArn: string }>('StartExecution', {
      stateMachineArn: pipeline.reconcileMachineArn,
      name: `day-${(days += 1)}`,
      input: JSON.stringify(input),
    });
    return executionArn;
  };
  const endOf = async (executionArn: string): Promise<ReconciledDay> => {
    const { runId, status, error, cause, output } = await test.ended(executionArn);
    const lines = output === undefined ? await history() : [reconciliation.parse(output)];
    const line = lines.find(({ execution }) => execution === runId);
    const runs = (await runsOf()).filter((name) => !before.has(name));
    return { status, error, cause, line, runs, copies: [...copies] };
  };
  return {
    test,
    world,
    timeOf,
    dayAt: (daysAgo) => new Date(timeOf(daysAgo)).toISOString(),
    put,
    putBoth: (key) => {
      put('source', key, `body of ${key}`, { daysAgo: 8 });
      put('destination', key, `body of ${key}`);
    },
    remove: (side, key) => engine.s3.deleteObject(buckets[side], key),
    body: (side, key) => engine.s3.getObject(buckets[side], key)?.body.toString(),
    deliver: (delivery) => {
      deliverOne('source', delivery);
      deliverOne('destination', delivery);
    },
    deliverOne,
    reconcile: async (input) => endOf(await start(input)),
    start,
    endOf,
    history,
    [Symbol.asyncDispose]: () => test.close(),
  };

  async function runsOf(): Promise<string[]> {
    const { executions } = await ask<{ executions: { name: string }[] }>('ListExecutions', {
      stateMachineArn: pipeline.stateMachineArn,
    });
    return executions.map(({ name }) => name);
  }
}

import { readFile } from 'node:fs/promises';
import { AthenaClient, GetQueryResultsCommand, StopQueryExecutionCommand } from '@aws-sdk/client-athena';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { athenaNames } from '../../contracts/athena-tables.js';
import { clientOf, ended, start } from '../local/athena/athena-world.js';
import { FIELDS, openReconciled, type Reconciled, type ReconciledDay } from '../support/reconciled.js';

const COUNT = 30;
const key = (index: number) => `photos/${String(index).padStart(2, '0')} +é.jpg`;

let world: Reconciled;
let athena: AthenaClient;
beforeAll(async () => {
  world = await openReconciled();
  athena = clientOf(world.test.engine, world.test.engine.credentials);
  for (let index = 0; index < COUNT; index++) world.putBoth(key(index));
}, 60_000);
afterEach(() => {
  world.test.engine.athena.faults.clear();
  world.test.engine.s3.faults.clear();
});
afterAll(async () => {
  athena.destroy();
  await world[Symbol.asyncDispose]();
});

describe('Inventories that Athena cannot compare: the whole inventory of the source is compared by listing', () => {
  it('both are late, and there is none of the destination yet: what is missing is repaired all the same', async () => {
    world.remove('destination', key(0));
    world.deliverOne('source', { daysAgo: 5 });
    const day = await world.reconcile({});
    expect(day.status).toBe('SUCCEEDED');
    expect(day.line).toMatchObject({
      status: 'Repaired',
      way: 'whole',
      missing: 1,
      repaired: 1,
      expected: COUNT,
      verified: COUNT,
    });
    expect(notesOf(day)).toEqual(['InventoryStale', 'InventoryUnusable']);
    expect(day.line?.notes[1]?.message).toContain('ManifestNotFound');
    expect(day.line?.run).toBe(day.runs[0]);
    expect(world.body('destination', key(0))).toBe(world.body('source', key(0)));
  }, 60_000);

  it('the destination’s is not delivered whole yet, and then is corrupt', async () => {
    world.deliverOne('source', { daysAgo: 2 });
    const manifest = world.deliverOne('destination', { daysAgo: 2 });
    const checksum = manifest.replace('manifest.json', 'manifest.checksum');
    const { s3 } = world.test.engine;
    s3.deleteObject(world.world.inventory, checksum);
    const incomplete = await world.reconcile({});
    expect(incomplete.line).toMatchObject({
      status: 'InSync',
      way: 'whole',
      notes: [{ name: 'InventoryUnusable', message: expect.stringContaining('ManifestIncomplete') }],
    });
    s3.putObject(world.world.inventory, checksum, Buffer.from('0'.repeat(32)));
    const corrupt = await world.reconcile({});
    expect(corrupt.line).toMatchObject({
      status: 'InSync',
      way: 'whole',
      notes: [{ name: 'InventoryUnusable', message: expect.stringContaining('ManifestCorrupt') }],
    });
  }, 60_000);

  it('the source’s has other columns than the tables', async () => {
    world.deliver({ daysAgo: 1 });
    world.deliverOne('source', {
      daysAgo: 1,
      minutesLater: 1,
      fields: ['ETag', 'Size', 'LastModifiedDate', 'StorageClass', 'EncryptionStatus'],
    });
    const day = await world.reconcile({});
    expect(day.line).toMatchObject({ status: 'InSync', way: 'whole' });
    expect(notesOf(day)).toEqual(['InventoryUnlike']);
  }, 60_000);
});

describe('A query that comes to no answer', () => {
  it('since a data file is corrupt: the day is recorded as failed, and the execution fails under that name', async () => {
    world.deliver({ daysAgo: 0.8 });
    world.deliverOne('source', { daysAgo: 0.8, minutesLater: 1 });
    const manifest = world.deliverOne('destination', { daysAgo: 0.8, minutesLater: 1 });
    const { s3 } = world.test.engine;
    const { files } = JSON.parse(s3.getObject(world.world.inventory, manifest)?.body.toString() ?? '') as {
      files: { key: string }[];
    };
    s3.putObject(world.world.inventory, files[0]?.key ?? '', Buffer.from('this is no gzip'));
    expectFailed(await world.reconcile({}), 'QueryFailed', /an inventory that cannot be read/);
  }, 60_000);

  it.each([
    [
      'since Athena’s own resources were short',
      'Query exhausted resources at this scale factor',
      'QueryFailed',
      /exhausted resources/,
    ],
    ['since it would scan too much', 'Bytes scanned limit was exceeded', 'QueryOverScanLimit', /maxScannedBytes/],
  ])(
    '%s',
    async (_, reason, name, message) => {
      world.deliver({ daysAgo: 0.7 });
      world.test.engine.athena.faults.add({ effect: { fail: reason } });
      expectFailed(await world.reconcile({}), name, message);
    },
    60_000,
  );

  it('since somebody cancelled it', async () => {
    world.test.engine.athena.faults.add({ effect: { hang: 'untilStopped' } });
    const arn = await world.start({});
    await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: await queryOf(arn) }));
    expectFailed(await world.endOf(arn), 'QueryCancelled', /was cancelled/);
  }, 60_000);

  it('at first, since Athena throttles and errs: that passes', async () => {
    const { faults } = world.test.engine.athena;
    const planted = [
      faults.add({ operation: 'StartQueryExecution', times: 5, effect: { error: 'TooManyRequestsException' } }),
      faults.add({ operation: 'GetQueryExecution', times: 1, effect: { error: 'InternalServerException' } }),
      faults.add({ operation: 'GetQueryResults', times: 1, effect: { error: 'TooManyRequestsException' } }),
    ];
    const { line } = await world.reconcile({});
    expect(line).toMatchObject({ status: 'InSync', way: 'compare', notes: [], counts: { byEtag: COUNT } });
    expect(planted.map(({ hits }) => hits)).toEqual([5, 1, 1]);
  }, 60_000);
});

describe('Objects that differ', () => {
  it('in a dry run are counted, and nothing is brought over', async () => {
    world.remove('destination', key(1));
    world.deliver({ daysAgo: 0.6 });
    const day = await world.reconcile({ dryRun: true });
    expect(day.line).toMatchObject({
      status: 'DryRun',
      way: 'compare',
      missing: 1,
      repaired: 0,
      missingAfterRepair: 1,
    });
    expect(day.runs).toEqual([]);
    expect(world.body('destination', key(1))).toBeUndefined();
  }, 60_000);

  it('are left to the run that has the pair; a reconciliation that is stopped leaves no line', async () => {
    for (const index of [2, 3]) world.remove('destination', key(index));
    world.deliver({ daysAgo: 0.5 });
    const { engine, pipeline } = world.test;
    const hanging = engine.athena.faults.add({ times: 1, effect: { hang: 'untilStopped' } });
    const theirs = await world.start({});
    await queryOf(theirs);
    hanging.remove();
    const lock = JSON.stringify({ executionArn: theirs, runId: 'theirs' });
    engine.s3.putObject(pipeline.workBucket, 'locks/photos.json', Buffer.from(lock));
    expectFailed(await world.reconcile({}), 'PairBusy', /theirs is working on the pair photos/);

    await engine.stepFunctions.handle('StopExecution', { executionArn: theirs });
    expect(await world.endOf(theirs)).toMatchObject({ status: 'ABORTED', line: undefined });
  }, 60_000);

  it('by more than 5 %: the whole inventory is compared; what is refused is named, and comes over the next time', async () => {
    const { faults } = world.test.engine.s3;
    faults.add({ operation: 'CopyObject', key: key(2), effect: { error: 'AccessDenied' } });
    const day = await world.reconcile({});
    expect(notesOf(day)).toEqual(['MuchDiffers']);
    expect(day).toMatchObject({
      status: 'FAILED',
      error: 'ReconciliationIncomplete',
      line: {
        status: 'Incomplete',
        way: 'whole',
        missing: 3,
        repaired: 2,
        missingAfterRepair: 1,
        error: { name: 'VerificationIncomplete' },
      },
    });
    const [run = ''] = day.runs;
    expect(JSON.parse(day.cause ?? '')).toMatchObject({
      run,
      links: { failures: `npx s3-backfill failures ${run} --pair photos` },
    });
    await expectInspected(run);

    faults.clear();
    const next = await world.reconcile({});
    expect(next.line).toMatchObject({
      status: 'Repaired',
      missing: 1,
      repaired: 1,
      missingAfterRepair: 0,
      verified: COUNT,
    });
    expect(next.copies).toEqual([key(2)]);
  }, 90_000);
});

describe('A pair whose source has its inventory in Parquet', () => {
  it('brings over the rows that differ, whatever the format of either side', async () => {
    const place = { bucket: 'reconciled-inventory', configId: 'all', format: 'Parquet' } as const;
    await using mixed = await openReconciled({ inventory: { ...place, prefix: 'inventory' } });
    const { engine } = mixed.test;
    for (let index = 0; index < 40; index++) mixed.putBoth(key(index));
    for (const index of [0, 1]) mixed.remove('destination', key(index));
    mixed.deliverOne('destination', { daysAgo: 1 });
    await engine.s3.deliverParquetInventory({
      bucket: 'reconciled-source',
      destinationBucket: place.bucket,
      prefix: 'inventory',
      configId: 'all',
      at: mixed.timeOf(1),
      fields: FIELDS,
    });
    engine.s3.faults.add({ operation: 'CopyObject', key: key(1), effect: { error: 'AccessDenied' } });
    const day = await mixed.reconcile({});
    expect(day.line?.notes).toEqual([]);
    expect(day).toMatchObject({
      status: 'FAILED',
      error: 'ReconciliationIncomplete',
      line: {
        status: 'Incomplete',
        way: 'difference',
        missing: 2,
        repaired: 1,
        missingAfterRepair: 1,
        expected: 40,
        verified: 39,
      },
    });
    expect(day.copies).not.toContain(key(2));
    engine.s3.faults.clear();
    expect((await mixed.reconcile({})).line).toMatchObject({
      status: 'Repaired',
      missing: 2,
      repaired: 1,
      verified: 40,
    });
  }, 60_000);
});

describe('A pair with prefixes and filters', () => {
  it('is judged by what is its own, under the keys that it has at the destination', async () => {
    await using part = await openReconciled({
      source: { bucket: 'reconciled-source', prefix: "it's/" },
      destination: { bucket: 'reconciled-destination', prefix: '' },
      filters: { exclude: ['*.tmp'], modifiedAfter: '2020-01-01T00:00:00.500Z' },
    });
    for (const name of ['a', 'b c', 'ü+']) {
      part.put('source', `it's/${name}`, name, { daysAgo: 8 });
      part.put('destination', name, name);
    }
    for (const name of ["it's/", "it's/x.tmp", 'theirs']) part.put('source', name, 'none of the pair’s');
    part.put('destination', 'more', 'theirs');
    part.deliver({ daysAgo: 1 });
    const { line } = await part.reconcile({});
    expect(line).toMatchObject({
      status: 'InSync',
      way: 'compare',
      scope: 'pair',
      counts: { sourceRows: 3, destinationRows: 4, byEtag: 3, missing: 0, different: 0, onlyAtDestination: 1 },
    });
  }, 60_000);
});

function notesOf({ line }: ReconciledDay): string[] {
  return (line?.notes ?? []).map(({ name }) => name);
}

function expectFailed({ status, error, cause, line }: ReconciledDay, name: string, message: RegExp): void {
  expect({ status, error, line: line?.status, named: line?.error?.name }).toEqual({
    status: 'FAILED',
    error: name,
    line: 'Failed',
    named: name,
  });
  expect(cause).toMatch(message);
}

/** The query that an execution has started, once it has. */
async function queryOf(executionArn: string): Promise<string> {
  for (;;) {
    const { body } = await world.test.engine.stepFunctions.handle('GetExecutionHistory', { executionArn });
    const found = /\\"id\\":\\"([0-9a-f-]{36})\\"/.exec(JSON.stringify(body))?.[1];
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The queries in queries/inspect, about a run of which one object failed. */
async function expectInspected(run: string): Promise<void> {
  const dt = (daysAgo: number) => new Date(world.timeOf(daysAgo)).toISOString().slice(0, 16).replace(/[T:]/g, '-');
  const size = (index: number) => String(Buffer.byteLength(world.body('source', key(index)) ?? ''));
  const values = { RUN: run, DELIVERY: dt(0.5), FIRST: dt(0.7), LAST: dt(0.5) };
  expect(await inspect('failures-by-cause-and-prefix', values)).toEqual([['AccessDenied', 'photos', '1']]);
  expect(await inspect('largest-unverified-objects', values)).toEqual([[size(2), 'AccessDenied', key(2)]]);
  expect(await inspect('evidence-by-storage-class', values)).toEqual([
    ['STANDARD', 'etag', '27', String(27 * Number(size(2)))],
    ['STANDARD', 'copied', '2', String(2 * Number(size(2)))],
  ]);
  const bytes = String(COUNT * Number(size(2)));
  expect(await inspect('growth-by-day', values)).toEqual([0.7, 0.6, 0.5].map((ago) => [dt(ago), String(COUNT), bytes]));

  world.put('destination', 'theirs.txt', 'theirs');
  // Older than all others: no reconciliation takes it for the newest.
  world.deliverOne('destination', { daysAgo: 0.95 });
  world.remove('destination', 'theirs.txt');
  const sides = { SOURCE: dt(0.5), DESTINATION: dt(0.95) };
  expect(await inspect('only-at-the-destination', sides)).toEqual([['theirs.txt', '6', expect.any(String)]]);
}

async function inspect(name: string, values: Record<string, string>): Promise<(string | undefined)[][]> {
  const sql = await readFile(new URL(`../../queries/inspect/${name}.sql`, import.meta.url), 'utf8');
  const lines = sql.split('\n').filter((line) => !line.startsWith('--'));
  const query = lines
    .join('\n')
    .replaceAll(/'(RUN|DELIVERY|FIRST|LAST|SOURCE|DESTINATION)'/g, (_, of: string) => `'${values[of]}'`);
  const { workGroup, database } = athenaNames('photos');
  const id = await start(athena, {
    QueryString: query,
    WorkGroup: workGroup,
    QueryExecutionContext: { Database: database },
  });
  const execution = await ended(athena, id);
  if (execution.Status?.State !== 'SUCCEEDED') throw new Error(execution.Status?.StateChangeReason);
  const { ResultSet } = await athena.send(new GetQueryResultsCommand({ QueryExecutionId: id }));
  return (ResultSet?.Rows ?? []).slice(1).map(({ Data = [] }) => Data.map(({ VarCharValue }) => VarCharValue));
}

import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { expectBooks, VERSION_FIELDS, worldOf, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 20, retryDelayMs: 1 } });

afterEach(() => test().engine.s3.faults.clear());

describe('A run of what an earlier one still owed', () => {
  it('brings over the rows of one cause, and only they are resolved; then without a cause the rest', async () => {
    const world = worldOf(test(), 60);
    const [denied, newer] = [every(world, 10, 7), every(world, 10, 2)];
    deny(denied);
    for (const key of newer) putAtDestination(world, key);
    const first = await test().startAndWait(world.request);
    expect(expectBooks(test(), first.runId)).toMatchObject({ failed: 12, verified: { copied: 48 } });
    expect(await openKeys(first.runId)).toEqual({ AccessDenied: denied, DestinationNewer: newer });

    // Both are mended; only one is asked for.
    test().engine.s3.faults.clear();
    for (const key of newer) test().engine.s3.deleteObject(world.destination, key);
    const copied = watchCopies(world);
    const second = await redrive(world, first.runId, { cause: 'AccessDenied' });
    expect(expectBooks(test(), second.runId)).toMatchObject({
      status: 'Verified',
      scope: 'part',
      manifestRows: 6,
      expected: 6,
      verified: { identical: 0, copied: 6 },
    });
    expect(copied.toSorted()).toEqual(denied);
    expect(await openKeys(first.runId)).toEqual({ DestinationNewer: newer });
    const resolved = (await test().failures(first.runId)).filter(({ status }) => status === 'resolved');
    expect(resolved.map(({ key = '' }) => key).toSorted()).toEqual(denied);
    for (const item of resolved) expect(item).toMatchObject({ cause: 'AccessDenied', resolvedBy: second.runId });
    expect(await test().failures(second.runId)).toEqual([]);

    const third = await redrive(world, first.runId);
    expect(expectBooks(test(), third.runId)).toMatchObject({
      status: 'Verified',
      manifestRows: 12,
      verified: { identical: 6, copied: 6 },
    });
    expect(await openKeys(first.runId)).toEqual({});
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('goes on failing: its rows are its own failures too, stay open there, and a run of what it owed resolves both', async () => {
    const world = worldOf(test(), 40);
    const denied = every(world, 10, 3);
    deny(denied);
    const first = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    deny(denied.slice(0, 2));
    const second = await redrive(world, first.runId);
    expect(second.error).toBe('VerificationIncomplete');
    expect(expectBooks(test(), second.runId)).toMatchObject({ manifestRows: 4, failed: 2, verified: { copied: 2 } });
    expect(await openKeys(first.runId)).toEqual({ AccessDenied: denied.slice(0, 2) });
    expect(await openKeys(second.runId)).toEqual({ AccessDenied: denied.slice(0, 2) });
    test().engine.s3.faults.clear();
    const third = await redrive(world, second.runId);
    expect(expectBooks(test(), third.runId)).toMatchObject({ status: 'Verified', manifestRows: 2 });
    expect([await openKeys(first.runId), await openKeys(second.runId)]).toEqual([{}, {}]);
    const by = (await test().failures(first.runId)).map(({ key = '', resolvedBy }) => [key, resolvedBy]);
    expect(Object.fromEntries(by)).toEqual(
      Object.fromEntries(denied.map((key, at) => [key, at < 2 ? third.runId : second.runId])),
    );
  });

  it('has what a run that was stopped amid a pass had not verified', async () => {
    const world = worldOf(test(), 80);
    const stopped = await stopAfter(world, 30);
    const second = await redrive(world, stopped);
    const { verified, manifestRows } = expectBooks(test(), second.runId);
    expect(manifestRows).toBe(80);
    expect(verified.identical).toBeGreaterThanOrEqual(30);
    expect(verified.copied).toBeGreaterThan(0);
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    const withCause = await redrive(world, stopped, { cause: 'AccessDenied' });
    expect(withCause).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    expect(withCause.cause).toContain('stopped before it had verified its first pass');
  });

  it('has what the pass before owed, where a run was stopped in its second', async () => {
    const world = worldOf(test(), 60);
    const denied = every(world, 10, 7);
    deny(denied);
    let stop: Promise<unknown> | undefined;
    let arn = '';
    test().engine.s3.faults.add({
      operation: 'PutObject',
      bucket: test().pipeline.workBucket,
      key: (key) => key.includes('/pass-2/attempts/'),
      times: 1,
      effect: { call: () => void (stop = test().sfn.send(new StopExecutionCommand({ executionArn: arn }))) },
    });
    arn = await test().start(world.request);
    const { runId, status } = await test().ended(arn);
    await stop;
    expect(status).toBe('ABORTED');
    test().engine.s3.faults.clear();
    const second = await redrive(world, runId, { cause: 'AccessDenied' });
    expect(expectBooks(test(), second.runId)).toMatchObject({ status: 'Verified', verified: { copied: 6 } });
    expect(await openKeys(runId)).toEqual({});
  });

  it('has the rows of a chunk that failed as a whole, and resolves the chunk with its rows', async () => {
    const world = worldOf(test(), 60);
    const poison = Object.keys(world.contents(world.source))[25] ?? '';
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      sourceKey: poison,
      effect: {
        call: () => {
          test().engine.lambda.killRunning(test().pipeline.functionNames['copy-chunk'] ?? '');
          return new Promise(() => undefined);
        },
      },
    });
    const first = await test().startAndWait({ ...world.request, maxConcurrency: 1, maxPasses: 2 });
    test().engine.s3.faults.clear();
    const open = (await test().failures(first.runId)).filter(({ status }) => status === 'open');
    expect(open.some(({ sk }) => sk.startsWith('chunk#'))).toBe(true);
    const second = await redrive(world, first.runId, { cause: 'NotAttempted' });
    expect(expectBooks(test(), second.runId)).toMatchObject({ status: 'Verified', failed: 0 });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    expect(await openKeys(first.runId)).toEqual({});
  });

  it('has the rows of chunks that were never verified', async () => {
    const world = worldOf(test(), 60);
    test().engine.s3.faults.add({
      operation: 'PutObject',
      bucket: test().pipeline.workBucket,
      key: (key) => /\/report\/0-1-1_/.test(key),
      effect: { error: 'AccessDenied' },
    });
    const first = await test().startAndWait({ ...world.request, maxPasses: 1 });
    test().engine.s3.faults.clear();
    expect(expectBooks(test(), first.runId)).toMatchObject({ failed: 20 });
    expect(await openKeys(first.runId)).toEqual({ NotVerified: [''] });
    const second = await redrive(world, first.runId, { cause: 'NotVerified' });
    expect(expectBooks(test(), second.runId)).toMatchObject({ status: 'Verified', verified: { identical: 20 } });
    expect(await openKeys(first.runId)).toEqual({});
  });

  it('takes the filters and the settings of its own request', async () => {
    const world = worldOf(test(), 60);
    deny(every(world, 10, 7));
    const first = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    const dry = await redrive(world, first.runId, { dryRun: true });
    expect(expectBooks(test(), dry.runId)).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 6 } });
    expect(Object.keys(await openKeys(first.runId))).toEqual(['AccessDenied']);
    const [key = ''] = every(world, 10, 7);
    const one = await redrive(world, first.runId, { include: [key] });
    expect(expectBooks(test(), one.runId)).toMatchObject({
      manifestRows: 6,
      outOfScope: { filtered: 5 },
      verified: { copied: 1 },
    });
    expect((await openKeys(first.runId))['AccessDenied']).toHaveLength(5);
  });

  it('of a run that owes nothing is Verified, and says so', async () => {
    const world = worldOf(test(), 5);
    const first = await test().startAndWait(world.request);
    const second = await redrive(world, first.runId);
    expect(expectBooks(test(), second.runId)).toMatchObject({
      status: 'Verified',
      manifestRows: 0,
      message: `Nothing was to be done: run ${first.runId} owes nothing.`,
    });
  });

  it('redrives a key with all of its versions, in order, whichever of them failed', async () => {
    const { s3 } = test().engine;
    const name = 'redrive-versions';
    for (const side of ['source', 'destination']) s3.createBucket(`${name}-${side}`, { versioning: 'Enabled' });
    s3.createBucket(`${name}-inventory`);
    const source = `${name}-source`;
    for (const key of ['fine', 'half', 'whole'])
      for (const body of ['one', 'two', 'three'])
        s3.putObject(source, key, Buffer.from(`${key} ${body}`), { lastModified: (time += 60_000) });
    const { manifestKey } = s3.deliverInventory({
      bucket: source,
      destinationBucket: `${name}-inventory`,
      prefix: 'inventory',
      configId: 'all',
      fields: VERSION_FIELDS,
    });
    const request = {
      source: { bucket: source },
      destination: { bucket: `${name}-destination` },
      manifest: `s3://${name}-inventory/${manifestKey}`,
      versions: 'all' as const,
    };
    s3.faults.add({ operation: 'CopyObject', sourceKey: 'half', skip: 1, effect: { error: 'AccessDenied' } });
    s3.faults.add({ operation: 'CopyObject', sourceKey: 'whole', effect: { error: 'AccessDenied' } });
    const first = await test().startAndWait(request);
    s3.faults.clear();
    expect(expectBooks(test(), first.runId)).toMatchObject({ failed: 6, verified: { copied: 3 } });
    const { source: from, destination } = request;
    const second = await test().startAndWait({
      source: from,
      destination,
      versions: 'all',
      manifest: { failuresOf: first.runId, cause: 'AccessDenied' },
    });
    expect(expectBooks(test(), second.runId)).toMatchObject({ status: 'Verified', manifestRows: 6 });
    for (const key of ['fine', 'half', 'whole'])
      expect(versionsOf(`${name}-destination`, key)).toEqual(versionsOf(source, key));
    expect(await openKeys(first.runId)).toEqual({});
    const current = await test().startAndWait({ source: from, destination, manifest: { failuresOf: first.runId } });
    expect(current).toMatchObject({ error: 'ManifestUnsupported' });
  });
});

describe('A run of what an earlier one owed is refused', () => {
  it('where no row failed for the cause: the causes that there are are named with their rows', async () => {
    const world = worldOf(test(), 20);
    deny(every(world, 10, 3));
    const first = await test().startAndWait(world.request);
    const ended = await redrive(world, first.runId, { cause: 'SlowDown' });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
    expect(ended.cause).toContain('Expected one of AccessDenied (2)');
    const proto = await redrive(world, first.runId, { cause: '__proto__' });
    expect(proto).toMatchObject({ status: 'FAILED', error: 'InvalidRequest' });
  });

  it('while that one runs, and where there is none, or it never came to a plan', async () => {
    const world = worldOf(test(), 20);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    test().engine.s3.faults.add({ operation: 'CopyObject', times: 1, effect: { call: () => held } });
    const running = await test().start(world.request, 'still-running');
    const busy = await redrive(world, 'still-running');
    expect(busy).toMatchObject({ status: 'FAILED', error: 'PairBusy' });
    expect(busy.cause).toContain('still-running');
    release();
    await test().ended(running);

    const none = await redrive(world, 'no-such-run');
    expect(none).toMatchObject({ error: 'ManifestNotFound' });
    expect(none.cause).toContain('Name a run of this pair');
    // PrepareRun refused it: it has no files.
    expect(await redrive(world, busy.runId)).toMatchObject({ error: 'ManifestNotFound' });
    const itself = await test().startAndWait(requestFor(world, 'of-itself'), 'of-itself');
    expect(itself).toMatchObject({ error: 'InvalidRequest' });
    expect(itself.cause).toContain('this one itself');
  });

  it('between other buckets', async () => {
    const [world, other] = [worldOf(test(), 5), worldOf(test(), 5)];
    const first = await test().startAndWait(world.request);
    expect(await redrive(other, first.runId)).toMatchObject({ status: 'FAILED', error: 'OutsidePair' });
  });
});

let time = Date.UTC(2026, 0, 1);

function requestFor(
  world: World,
  failuresOf: string,
  { cause, ...more }: { cause?: string; [field: string]: unknown } = {},
) {
  const { source, destination } = world.request;
  return { source, destination, ...more, manifest: { failuresOf, ...(cause === undefined ? {} : { cause }) } };
}

function redrive(world: World, failuresOf: string, more: { cause?: string; [field: string]: unknown } = {}) {
  return test().startAndWait(requestFor(world, failuresOf, more));
}

/** Keys of the source in order: each one of so many, from there on. */
function every(world: World, step: number, from: number): string[] {
  return Object.keys(world.contents(world.source)).filter((_, index) => index % step === from);
}

function deny(keys: readonly string[]): void {
  const isDenied = (key: string) => keys.includes(key);
  const { faults } = test().engine.s3;
  faults.add({ operation: 'CopyObject', sourceKey: isDenied, effect: { error: 'AccessDenied' } });
}

function putAtDestination(world: World, key: string): void {
  const { s3, clock } = test().engine;
  s3.putObject(world.destination, key, Buffer.from('somebody else’s'), { lastModified: clock.now() });
}

function watchCopies(world: World): string[] {
  const copied: string[] = [];
  test().engine.s3.faults.add({
    operation: 'CopyObject',
    bucket: world.destination,
    effect: { call: ({ sourceKey = '' }) => void copied.push(sourceKey) },
  });
  return copied;
}

/** Keys of the open items by cause; a chunk's is empty. */
async function openKeys(runId: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const { cause, key = '', status } of await test().failures(runId))
    if (status === 'open') (found[cause] ??= []).push(key);
  for (const keys of Object.values(found)) keys.sort();
  return found;
}

/** Starts a run and stops it when so many objects were copied; answers its id. */
async function stopAfter(world: World, copies: number): Promise<string> {
  let stop: Promise<unknown> | undefined;
  let arn = '';
  test().engine.s3.faults.add({
    operation: 'CopyObject',
    bucket: world.destination,
    skip: copies,
    times: 1,
    effect: { call: () => void (stop = test().sfn.send(new StopExecutionCommand({ executionArn: arn }))) },
  });
  arn = await test().start(world.request);
  const { runId, status } = await test().ended(arn);
  await stop;
  expect(status).toBe('ABORTED');
  return runId;
}

/** What a bucket holds of a key, the oldest first. */
function versionsOf(bucket: string, key: string): string[] {
  const { s3 } = test().engine;
  return [...s3.listVersions(bucket, key)]
    .map(({ versionId }) => s3.getObject(bucket, key, versionId)?.body.toString() ?? '')
    .toReversed();
}

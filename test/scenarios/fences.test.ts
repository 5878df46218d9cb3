import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PairBounds } from '../../contracts/pair.js';
import type { RunCause } from '../../contracts/run-cause.js';
import { skippingClock } from '../../local/clock.js';
import { openEngine, type EngineUnderTest } from '../support/engine.js';
import { boundsOf, expectBooks, newWorld, readReport, type World } from '../support/world.js';

const NAME = 'fenced';
const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;

let opened: EngineUnderTest | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

describe('A run with a fence', () => {
  it('copies no more than maxObjects by all its workers, one of which is killed; goes on until Verified', async () => {
    const { test, world } = await open(60);
    // A worker dies while it copies: what it had leave to copy is lost, and never copied beyond the fence.
    test.engine.s3.faults.add({
      operation: 'CopyObject',
      skip: 3,
      times: 1,
      effect: { call: () => void test.engine.lambda.killRunning(test.pipeline.functionNames['copy-chunk'] ?? '') },
    });
    const ended = await test.startAndWait({ maxObjects: 25 }, 'night-1');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    const first = expectBooks(test, 'night-1');
    expect(first).toMatchObject({
      status: 'StoppedByFence',
      expected: 60,
      fence: { name: 'maxObjects', heldBack: first.failed },
      message: expect.stringMatching(
        /^Stopped by a fence: maxObjects was reached: 25 objects\. .* Go on: npx s3-backfill /,
      ),
      links: {
        redrive: 'npx s3-backfill start --redrive night-1 --pair fenced --max-objects 25',
        redriveInput: '{"manifest":{"failuresOf":"night-1"},"maxObjects":25}',
      },
    });
    expect(count(world)).toBeLessThanOrEqual(25);
    expect(count(world)).toBeGreaterThan(0);
    expect(causes(test, 'night-1')).toEqual(['FenceReached']);
    expect((JSON.parse(ended.cause ?? '') as RunCause).causes).toMatchObject([
      { cause: 'FenceReached', remedy: expect.stringContaining('Nothing is wrong with this object') },
    ]);

    let input = first.links.redriveInput;
    let before = count(world);
    for (let night = 2; input !== undefined; night++) {
      expect(night).toBeLessThan(20);
      const next = await test.startAndWait(JSON.parse(input) as object, `night-${night}`);
      const summary = expectBooks(test, `night-${night}`);
      expect(count(world) - before).toBeLessThanOrEqual(25);
      expect(count(world)).toBeGreaterThan(before);
      before = count(world);
      expect(next.status).toBe(summary.status === 'Verified' ? 'SUCCEEDED' : 'FAILED');
      input = summary.links.redriveInput;
    }
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  }, 180_000);

  it('copies no more than maxBytes, and an upload in parts goes on in the next run where the last one stopped', async () => {
    const { test, world } = await open(0);
    const body = Buffer.alloc(40 * MIB, 'film');
    test.engine.s3.putObject(world.source, 'film', body, { ...old(test), multipartParts: 8 });
    world.takeInventory();
    const request = { maxBytes: 12 * MIB };
    for (const index of [0, 1, 2]) {
      test.engine.s3.requests.reset();
      const input = index === 0 ? request : { manifest: { failuresOf: `part-${index - 1}` }, ...request };
      const ended = await test.startAndWait(input, `part-${index}`);
      expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
      expect(expectBooks(test, `part-${index}`)).toMatchObject({
        fence: { name: 'maxBytes', heldBack: 1 },
        bytesCopied: 0,
      });
      expect(asked(test, 'UploadPartCopy')).toBe(2);
      // One upload is the probe's, which shows that writing is allowed, and aborts it.
      expect(asked(test, 'CreateMultipartUpload')).toBe(index === 0 ? 2 : 1);
      expect(asked(test, 'AbortMultipartUpload')).toBe(1);
    }
    // A dry run between has the pair, and touches nothing.
    expect(await test.startAndWait({ dryRun: true }, 'between')).toMatchObject({ status: 'SUCCEEDED' });
    test.engine.s3.requests.reset();
    const last = await test.startAndWait({ manifest: { failuresOf: 'part-2' }, ...request }, 'last');
    expect(last.status).toBe('SUCCEEDED');
    expect(asked(test, 'UploadPartCopy')).toBe(2);
    expect(asked(test, 'CreateMultipartUpload')).toBe(1);
    expect(expectBooks(test, 'last')).toMatchObject({
      status: 'Verified',
      verified: { copied: 1 },
      bytesCopied: 40 * MIB,
    });
    expect(test.engine.s3.getObject(world.destination, 'film')?.body.equals(body)).toBe(true);
  }, 180_000);

  it('names what no run with this maxBytes can copy, and copies the rest', async () => {
    const { test, world } = await open(6);
    test.engine.s3.putObject(world.source, 'large', Buffer.alloc(MIB), old(test));
    world.takeInventory();
    const ended = await test.startAndWait({ maxBytes: MIB - 1 }, 'large');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test, 'large')).toMatchObject({ verified: { copied: 6 }, failed: 1 });
    expect(causes(test, 'large')).toEqual(['LargerThanMaxBytes']);
  }, 60_000);

  it('begins nothing after stopAfter; what was copied before is verified', async () => {
    // The engine's clock stands an hour before that of its workers: the run begins before the time, and they work after it.
    const { test, world, metrics } = await open(6, {}, -60 * MINUTE_MS);
    const stopAfter = timeOfDay(test.engine.clock.now() + 30 * MINUTE_MS);
    const ended = await test.startAndWait({ stopAfter }, 'late');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    expect(expectBooks(test, 'late')).toMatchObject({
      status: 'StoppedByFence',
      failed: 6,
      fence: { name: 'stopAfter', heldBack: 6 },
      links: { redrive: `npx s3-backfill start --redrive late --pair fenced --stop-after ${stopAfter}` },
    });
    expect(world.contents(world.destination)).toEqual({});
    expect(metrics.at(-1)).toMatchObject({ StoppedByFence: 1, RunsIncomplete: 0, ObjectsFailed: 0, RunsVerified: 0 });
    for (const more of [{ dryRun: true }, { engine: 'none' }]) {
      const looked = await test.startAndWait({ stopAfter, ...more }, Object.keys(more)[0]);
      expect(looked).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    }
    expect(expectBooks(test, 'dryRun').links.redriveInput).toContain('"dryRun":true');
    expect(expectBooks(test, 'engine').links.redrive).toContain('--engine none');
  }, 60_000);

  it('does not wait for a restore beyond stopAfter', async () => {
    const { test, world } = await open(2, { copy: { archived: 'restore' } });
    test.engine.s3.putObject(world.source, 'ice', Buffer.from('cold'), { ...old(test), storageClass: 'GLACIER' });
    world.takeInventory();
    // Bulk is asked about each hour.
    const ended = await test.startAndWait({ stopAfter: timeOfDay(Date.now() + 40 * MINUTE_MS) }, 'restoring');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    expect(expectBooks(test, 'restoring')).toMatchObject({
      verified: { copied: 2 },
      failed: 1,
      passes: 1,
      fence: { name: 'stopAfter', heldBack: 1 },
    });
    expect(causes(test, 'restoring')).toEqual(['RestoreUnderWay']);
  }, 60_000);

  it('is the pair’s where the request says nothing, and holds for the run of a reconciliation too', async () => {
    const { test, world } = await open(20, { maxObjects: 5 });
    const { executionArn } = await test.sfn.send(
      new StartExecutionCommand({ stateMachineArn: test.pipeline.reconcileMachineArn, input: '{}' }),
    );
    const ended = await test.ended(executionArn ?? '');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'StoppedByFence' });
    expect(JSON.parse(ended.cause ?? '')).toMatchObject({ message: expect.stringMatching(/still missing/) });
    expect(count(world)).toBeLessThanOrEqual(5);
  }, 60_000);

  it('fails for what else is wrong, and says which fence it reached beside that', async () => {
    const { test } = await open(30);
    test.engine.s3.faults.add({ operation: 'CopyObject', times: 2, effect: { error: 'AccessDenied' } });
    const ended = await test.startAndWait({ maxObjects: 10, maxConcurrency: 1 }, 'both');
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    const summary = expectBooks(test, 'both');
    expect(summary).toMatchObject({
      verified: { copied: 10 },
      failed: 20,
      fence: { name: 'maxObjects', heldBack: 18 },
    });
    expect(causes(test, 'both')).toEqual(['AccessDenied', 'FenceReached']);
  }, 60_000);
});

interface Fenced {
  test: EngineUnderTest;
  world: World;
  metrics: Record<string, unknown>[];
}

/** An engine with a bound pair of `count` objects; its clock differs from its workers' by `ahead`. */
async function open(count: number, more: Partial<PairBounds> = {}, ahead = 0): Promise<Fenced> {
  const metrics: Fenced['metrics'] = [];
  const onLog = (_: string, text: string) => {
    const fields = JSON.parse(text) as Record<string, unknown>;
    if ('_aws' in fields) metrics.push(fields);
  };
  const pipeline = { pair: NAME, bounds: boundsOf(NAME, more), chunkRows: 5, retryDelayMs: 1 };
  const test = await openEngine({ engine: { onLog, clock: skippingClock(Date.now() + ahead) }, pipeline });
  opened = test;
  const world = newWorld(test, NAME);
  for (let index = 0; index < count; index++) world.put(`object ${String(index).padStart(2, '0')}`);
  world.takeInventory();
  return { test, world, metrics };
}

function old({ engine }: EngineUnderTest) {
  return { lastModified: engine.clock.now() - WEEK_MS };
}

function timeOfDay(at: number): string {
  return new Date(at).toISOString().slice(11, 16);
}

function count(world: World): number {
  return Object.keys(world.contents(world.destination)).length;
}

function asked(
  { engine }: EngineUnderTest,
  operation: 'UploadPartCopy' | 'AbortMultipartUpload' | 'CreateMultipartUpload',
): number {
  return engine.s3.requests.count({ operation, bucket: `${NAME}-destination` });
}

function causes(test: EngineUnderTest, runId: string): string[] {
  const failed = readReport(test, runId).filter(({ status }) => status === 'failed');
  return [...new Set(failed.map(({ errorCode }) => errorCode))].toSorted();
}

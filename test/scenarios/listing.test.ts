import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { inventoryManifest, type InventoryManifest } from '../../contracts/manifest.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, type World } from '../support/world.js';

const test = useEngine({ pipeline: { retryDelayMs: 1 } });
const LIST = { list: true } as const;
const AWKWARD = [
  ' ',
  '+',
  '%2F',
  '-dash',
  '=1+1',
  'a"b,c',
  'line\nbreak',
  '\u0001',
  'ä/🪣',
  '\uFFFF',
  '\u{10FFFF}',
  'a//b',
  'a/',
  '../x',
  '\u2028',
];

afterEach(() => test().engine.s3.faults.clear());

describe('A run without an inventory lists the source itself, and ends Verified', () => {
  it('over keys of every kind', async () => {
    const world = newWorld(test());
    for (const key of AWKWARD) world.put(key);
    const ended = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      manifestRows: AWKWARD.length,
      verified: { copied: AWKWARD.length },
    });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
    expect(manifestKeys(ended.runId)).toEqual(sorted(AWKWARD));
  });

  it.each([
    ['one object', 1],
    ['none', 0],
  ])('over %s', async (_, count) => {
    const world = newWorld(test());
    if (count > 0) world.put('only');
    const ended = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', manifestRows: count });
    expect(manifestOf(ended.runId).files).toHaveLength(count);
  });

  it.each([
    ['a flat prefix', (digits: string) => `images/img-${digits}`],
    ['a deep tree', (digits: string) => `a/${digits.slice(1, 3)}/b/${digits.slice(3, 4)}/c/${digits}`],
  ])(
    'over %s of many objects, in rounds',
    async (_, name) => {
      const world = newWorld(test());
      const keys = fillBothSides(world, 22_000, name);
      const ended = await test().startAndWait({ ...world.request, manifest: LIST });
      expect(expectBooks(test(), ended.runId)).toMatchObject({
        status: 'Verified',
        manifestRows: 22_000,
        verified: { identical: 22_000 },
      });
      expect(manifestKeys(ended.runId)).toEqual(sorted(keys));
      expect(roundsOf(ended.runId)).toBe(2);
    },
    60_000,
  );

  it('of a prefix alone, whose objects alone it lists', async () => {
    const world = newWorld(test());
    for (const key of ['in/a', 'in/b', 'inside', 'out/c']) world.put(key);
    const ended = await test().startAndWait({
      ...world.request,
      source: { bucket: world.source, prefix: 'in/' },
      manifest: LIST,
    });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', manifestRows: 2 });
  });

  it('counting only, in a dry run, which writes nothing to the destination', async () => {
    const world = newWorld(test());
    for (const key of AWKWARD) world.put(key);
    const ended = await test().startAndWait({ ...world.request, manifest: LIST, dryRun: true });
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'DryRun',
      wouldCopy: { objects: AWKWARD.length },
    });
    expect(world.contents(world.destination)).toEqual({});
  });

  it('and a later run can name the manifest that it left', async () => {
    const world = newWorld(test());
    for (const key of AWKWARD) world.put(key);
    const first = await test().startAndWait({ ...world.request, manifest: LIST });
    world.put('later');
    const manifest = `s3://${test().pipeline.workBucket}/${manifestKeyOf(first.runId)}`;
    const second = await test().startAndWait({ ...world.request, manifest });
    expect(expectBooks(test(), second.runId)).toMatchObject({
      status: 'Verified',
      manifestRows: AWKWARD.length,
      verified: { identical: AWKWARD.length },
    });
    const third = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(expectBooks(test(), third.runId)).toMatchObject({ status: 'Verified', manifestRows: AWKWARD.length + 1 });
  });

  it('in spite of SlowDown and 500s while it lists', async () => {
    const world = newWorld(test());
    const keys = fillBothSides(world, 21_000, (digits) => digits);
    const { faults } = test().engine.s3;
    const listing = { operation: 'ListObjectsV2', bucket: world.source, probability: 0.3 } as const;
    const slow = faults.add({ ...listing, times: 4, effect: { error: 'SlowDown' } });
    faults.add({ ...listing, times: 10, effect: { error: 'InternalError' } });
    const ended = await test().startAndWait({ ...world.request, manifest: LIST, requestsPerSecond: 5_000 });
    expect(slow.hits).toBe(4);
    expect(ended.status).toBe('SUCCEEDED');
    expect(manifestKeys(ended.runId)).toEqual(sorted(keys));
  }, 60_000);
});

describe('A listing that was killed halfway goes on with what is on file', () => {
  it('where its workers die: others take their ranges, and no key is there twice', async () => {
    const world = newWorld(test());
    const keys = fillBothSides(world, 22_000, (digits) => `k/${digits}`);
    const killed = atRequest(world, [7, 30, 32], killListers);
    const ended = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(killed.times()).toBe(3);
    expect(ended.status).toBe('SUCCEEDED');
    expect(manifestKeys(ended.runId)).toEqual(sorted(keys));
  }, 60_000);

  it('where the execution is stopped in its second round: the next run lists only what is left', async () => {
    const world = newWorld(test());
    const keys = fillBothSides(world, 24_000, (digits) => `k/${digits}`);
    let arn = '';
    const stops: Promise<unknown>[] = [];
    const counting = test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.source,
      effect: { call: () => undefined },
    });
    test().engine.s3.faults.add({
      operation: 'PutObject',
      bucket: test().pipeline.workBucket,
      key: (key) => /\/rounds\/2\/\d+\.json$/.test(key),
      skip: 4,
      times: 1,
      effect: { call: () => void stops.push(test().sfn.send(new StopExecutionCommand({ executionArn: arn }))) },
    });
    arn = await test().start({ ...world.request, manifest: LIST, maxConcurrency: 8 });
    const stopped = await test().ended(arn);
    await Promise.all(stops);
    expect(stopped.status).toBe('ABORTED');
    const before = counting.hits;
    expect(before).toBeGreaterThan(60);

    const ended = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(ended.status).toBe('SUCCEEDED');
    expect(counting.hits - before).toBeLessThan(40);
    expect(manifestKeyOf(ended.runId)).toContain(`manifests/${stopped.runId}-`);
    expect(manifestKeys(ended.runId)).toEqual(sorted(keys));
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', manifestRows: 24_000 });

    const again = await test().startAndWait({ ...world.request, manifest: LIST, dryRun: true });
    expect(manifestKeyOf(again.runId)).toContain(`manifests/${again.runId}-`);
  }, 60_000);

  it('but not by a run of another prefix', async () => {
    const world = newWorld(test());
    for (const key of ['in/a', 'in/b', 'out/c']) world.put(key);
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.source,
      skip: 1,
      effect: { error: 'AccessDenied' },
    });
    const failed = await test().startAndWait({ ...world.request, manifest: LIST });
    expect(failed).toMatchObject({ status: 'FAILED', error: 'RunFileMissing' });
    expect(failed.cause).toMatch(/A range of the source was not listed.*AccessDenied/);
    test().engine.s3.faults.clear();
    const part = await test().startAndWait({
      ...world.request,
      source: { bucket: world.source, prefix: 'in/' },
      manifest: LIST,
    });
    expect(manifestKeyOf(part.runId)).toContain(`manifests/${part.runId}-`);
    expect(manifestKeys(part.runId)).toEqual(['in/a', 'in/b']);
  });
});

describe('A listing is refused by name', () => {
  it('ManifestUnsupported, where all versions are asked for', async () => {
    const world = newWorld(test());
    const ended = await test().startAndWait({ ...world.request, manifest: LIST, versions: 'all' });
    expect(ended).toMatchObject({ status: 'FAILED', error: 'ManifestUnsupported' });
    expect(ended.cause).toContain('it lists the current versions alone');
  });
});

/** The same objects on both sides: what is listed has to be compared, and nothing has to be copied. */
function fillBothSides({ source, destination }: World, count: number, name: (digits: string) => string): string[] {
  const { s3, clock } = test().engine;
  const body = Buffer.from('the same');
  const keys = Array.from({ length: count }, (_, index) => name(String(index).padStart(6, '0')));
  for (const key of keys)
    for (const bucket of [source, destination]) s3.putObject(bucket, key, body, { lastModified: clock.now() });
  return keys;
}

/** Calls `act` when so many requests for a list of the source have come. */
function atRequest({ source }: World, numbers: readonly number[], act: () => void): { times(): number } {
  const faults = numbers.map((number) =>
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: source,
      skip: number - 1,
      times: 1,
      effect: { call: act },
    }),
  );
  return { times: () => faults.reduce((sum, { hits }) => sum + hits, 0) };
}

function killListers(): void {
  test().engine.lambda.killRunning(test().pipeline.functionNames['list-range'] ?? '');
}

function read(key: string): Buffer {
  const stored = test().engine.s3.getObject(test().pipeline.workBucket, key);
  if (!stored) throw new Error(`The work bucket has no ${key}.`);
  return stored.body;
}

function manifestKeyOf(runId: string): string {
  const { manifest } = JSON.parse(read(`runs/${runId}/request.json`).toString()) as { manifest: { key: string } };
  return manifest.key;
}

function manifestOf(runId: string): InventoryManifest {
  return inventoryManifest.parse(JSON.parse(read(manifestKeyOf(runId)).toString()));
}

/** Every key of the manifest's data files, one after the other. */
function manifestKeys(runId: string): string[] {
  return manifestOf(runId).files.flatMap(({ key }) => {
    const records: string[][] = parse(gunzipSync(read(key)));
    return records.map(([, key = '']) => decodeURIComponent(key));
  });
}

function roundsOf(runId: string): number {
  const folder = manifestKeyOf(runId).split('/').slice(0, 2).join('/');
  const ranges = [...test().engine.s3.listObjects(test().pipeline.workBucket, `${folder}/rounds/`)];
  return ranges.filter(({ key }) => key.endsWith('/ranges.jsonl')).length;
}

function sorted(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

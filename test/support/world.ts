import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { outcome, type Outcome } from '../../contracts/outcome.js';
import type { PairBounds } from '../../contracts/pair.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import type { Summary } from '../../contracts/tally.js';
import type { EngineUnderTest } from './engine.js';

/** The columns of an inventory of all versions, with all that comparing needs. */
export const VERSION_FIELDS = [
  'VersionId',
  'IsLatest',
  'IsDeleteMarker',
  'Size',
  'LastModifiedDate',
  'ETag',
  'StorageClass',
  'EncryptionStatus',
];

/** Three buckets of their own, and a request between them. */
export interface World {
  source: string;
  destination: string;
  inventory: string;
  request: RunRequestInput;
  /** Puts an object in the source, a week old. */
  put(key: string, body?: string): void;
  /** Delivers an inventory of the source as it is now, and points the request at it. */
  takeInventory(options?: { files?: number; sorted?: boolean; fields?: readonly string[] }): string;
  /** `{key: body}` of a bucket. */
  contents(bucket: string): Record<string, string>;
}

let worlds = 0;
const WEEK_MS = 7 * 86_400_000;

export function newWorld({ engine }: EngineUnderTest, name = `world-${(worlds += 1)}`): World {
  const { source, destination, inventory } = bucketsOf(name);
  for (const bucket of [source, destination, inventory]) engine.s3.createBucket(bucket);
  const world: World = {
    source,
    destination,
    inventory,
    request: {
      source: { bucket: source },
      destination: { bucket: destination },
      manifest: `s3://${inventory}/none/manifest.json`,
    },
    put: (key, body = `body of ${key}`) => {
      engine.s3.putObject(source, key, Buffer.from(body), { lastModified: engine.clock.now() - WEEK_MS });
    },
    takeInventory: (options = {}) => {
      const { manifestKey } = engine.s3.deliverInventory({
        bucket: source,
        destinationBucket: inventory,
        prefix: 'inventory',
        configId: 'all',
        ...options,
      });
      world.request.manifest = `s3://${inventory}/${manifestKey}`;
      return manifestKey;
    },
    contents: (bucket) => {
      const found: Record<string, string> = {};
      for (const { key } of engine.s3.listObjects(bucket))
        found[key] = engine.s3.getObject(bucket, key)?.body.toString() ?? '';
      return found;
    },
  };
  return world;
}

/** A pair that is bound to the buckets of the world of this name, for an engine on which that is made later. */
export function boundsOf(name: string, more: Partial<PairBounds> = {}): PairBounds {
  const { source, destination, inventory } = bucketsOf(name);
  return {
    source: { bucket: source },
    destination: { bucket: destination },
    inventory: { bucket: inventory, prefix: 'inventory', configId: 'all' },
    maxConcurrency: 4,
    ...more,
  };
}

function bucketsOf(name: string) {
  return { source: `${name}-source`, destination: `${name}-destination`, inventory: `${name}-inventory` };
}

/** A world with `count` small objects and an inventory of them. */
export function worldOf(
  test: EngineUnderTest,
  count: number,
  inventory: { files?: number; sorted?: boolean } = {},
): World {
  const world = newWorld(test);
  for (let index = 0; index < count; index++)
    world.put(`folder ${index % 3}/object+${String(index).padStart(5, '0')}.txt`);
  world.takeInventory(inventory);
  return world;
}

export interface ReportRow {
  bucket: string;
  key: string;
  versionId: string;
  status: string;
  errorCode: string;
  httpStatus: string;
  result: Outcome;
}

/** Every row of a run's completion report, by way of its manifest; the files' MD5s are checked on the way. */
export function readReport({ engine, pipeline }: EngineUnderTest, runId: string): ReportRow[] {
  const read = (key: string) => engine.s3.getObject(pipeline.workBucket, key)?.body ?? Buffer.alloc(0);
  const manifest = JSON.parse(read(`runs/${runId}/report/manifest.json`).toString()) as {
    Results: { TaskExecutionStatus: string; Key: string; MD5Checksum: string }[];
  };
  return manifest.Results.flatMap(({ Key, MD5Checksum, TaskExecutionStatus }) => {
    const body = read(Key);
    expect(createHash('md5').update(body).digest('hex')).toBe(MD5Checksum);
    const records: string[][] = parse(gunzipSync(body));
    return records.map(
      ([bucket = '', key = '', versionId = '', status = '', errorCode = '', httpStatus = '', message = '']) => {
        expect(status).toBe(TaskExecutionStatus);
        return {
          bucket,
          key: decodeURIComponent(key),
          versionId,
          status,
          errorCode,
          httpStatus,
          result: outcome.parse(JSON.parse(message)),
        };
      },
    );
  });
}

/** The sums that every summary must satisfy. */
export function expectIdentity(summary: Summary): void {
  const { outOfScope, verified, evidence } = summary;
  const { deleteMarkers, noncurrent, filtered, duplicates } = outOfScope;
  expect(deleteMarkers + noncurrent + filtered + duplicates + summary.expected).toBe(summary.manifestRows);
  expect(
    verified.identical +
      verified.copied +
      summary.gone +
      summary.archived +
      summary.failed +
      (summary.wouldCopy?.objects ?? 0),
  ).toBe(summary.expected);
  expect(evidence.etag + evidence.checksum + evidence.copied + evidence.sizeAndTime).toBe(
    verified.identical + verified.copied,
  );
}

/** The summary, its identity checked, and the report held against it: each expected row once, as many of each outcome. */
export function expectBooks(test: EngineUnderTest, runId: string): Summary {
  const summary = test.summary(runId);
  if (!summary) throw new Error(`run ${runId} has no summary.json`);
  expectIdentity(summary);
  const rows = readReport(test, runId);
  expect(rows).toHaveLength(summary.expected);
  expect(new Set(rows.map(({ key, versionId }) => `${key}\0${versionId}`)).size).toBe(rows.length);
  const count = (name: Outcome['outcome']) => rows.filter(({ result }) => result.outcome === name).length;
  expect({
    identical: count('identical'),
    copied: count('copied'),
    gone: count('gone'),
    archived: count('archived'),
    failed: count('failed'),
  }).toEqual({
    ...summary.verified,
    gone: summary.gone,
    archived: summary.archived,
    failed: summary.failed,
  });
  return summary;
}

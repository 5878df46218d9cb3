import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 100, retryDelayMs: 1 } });
const DAY_MS = 86_400_000;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

interface Case {
  bytes: number;
  more?: Parameters<ReturnType<typeof test>['engine']['s3']['putObject']>[3];
  /** What S3 is asked at the destination for it, by request; `same`: whether the ETag is the source's afterwards. */
  keep: { asked: string; same: boolean };
  single?: { asked: string; same: boolean };
}

const COPIED = { asked: 'CopyObject', same: true };
const inParts = (count: number) => ({
  asked: ['CompleteMultipartUpload', 'CreateMultipartUpload', `UploadPartCopy ×${count}`].join(', '),
  same: true,
});

/** The rows of the copying table (core/copy/choose-method.ts) for one principal, each an object of one bucket. */
const CASES: Record<string, Case> = {
  'small, in one': { bytes: 5, keep: COPIED },
  empty: { bytes: 0, keep: COPIED },
  'in parts': {
    bytes: 17 * MIB,
    more: { multipartParts: 3 },
    keep: inParts(3),
    single: { asked: 'CopyObject', same: false },
  },
  'in one part': {
    bytes: 3 * MIB,
    more: { multipartParts: 1 },
    keep: inParts(1),
    single: { asked: 'CopyObject', same: false },
  },
  'in parts that no upload may have': {
    bytes: 5,
    more: { multipartParts: 2 },
    keep: { asked: 'CopyObject', same: false },
  },
  'above 5 GiB': { bytes: 6 * GIB, more: { multipartParts: 12 }, keep: inParts(12) },
  archived: { bytes: 5, more: { storageClass: 'GLACIER' }, keep: { asked: 'CopyObject', same: false } },
};

describe.each(['keep', 'single'] as const)('With multipart: "%s", in a whole run', (multipart) => {
  it('each object is copied by its method, and the second run copies nothing', async () => {
    const { s3, clock } = test().engine;
    const world = newWorld(test(), `copying-${multipart}`);
    for (const [key, { bytes, more = {} }] of Object.entries(CASES))
      s3.putObject(world.source, key, { zeros: bytes }, { lastModified: clock.now() - DAY_MS, ...more });
    world.takeInventory();
    const first = await run(world, { multipart });
    expect(expectBooks(test(), first.runId)).toMatchObject({
      status: 'Verified',
      archived: 1,
      verified: { copied: 6 },
    });
    for (const [key, { keep, single = keep }] of Object.entries(CASES)) {
      const expected = multipart === 'keep' ? keep : single;
      expect(`${key}: ${first.askedOf(key)}`).toBe(`${key}: ${expected.asked}`);
      const etags = [world.source, world.destination].map((bucket) => etagOf(bucket, key));
      expect(`${key}: ${etags[0] === etags[1]}`).toBe(`${key}: ${expected.same}`);
    }
    const second = await run(world, { multipart, proof: 'strong' });
    expect(expectBooks(test(), second.runId)).toMatchObject({ verified: { identical: 6, copied: 0 } });
    expect(Object.keys(CASES).map(second.askedOf).filter(Boolean)).toEqual(['CopyObject']);
  });
});

describe('With archived: "restore", in a whole run', () => {
  it.each([
    // Bulk takes the same way, four times as long: it is asked every hour instead of every half.
    ['GLACIER', 'Expedited', 0.08, 0.2],
    ['DEEP_ARCHIVE', 'Standard', 11, 13],
  ] as const)(
    'what is in %s is restored (%s), waited for without a function running, and copied',
    async (storageClass, restoreTier, atLeastHours, atMostHours) => {
      const { s3, clock } = test().engine;
      const world = newWorld(test());
      for (const key of ['a', 'b'])
        s3.putObject(world.source, key, Buffer.from('ice'), { storageClass, lastModified: clock.now() - DAY_MS });
      world.put('warm');
      world.takeInventory();
      const before = clock.now();
      const { runId, askedOf } = await run(world, { archived: 'restore', restoreTier, maxPasses: 1 });
      expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', verified: { copied: 3 }, archived: 0 });
      const hours = (clock.now() - before) / 3_600_000;
      expect(hours).toBeGreaterThan(atLeastHours);
      expect(hours).toBeLessThan(atMostHours);
      // Asked once, however often S3 was asked whether it is done; and copied into the class that it has.
      expect(askedOf('a')).toBe('CopyObject, RestoreObject');
      expect(s3.getObject(world.destination, 'a')?.storageClass).toBe(storageClass);
      expect(readReport(test(), runId).map(({ result }) => result.outcome)).toEqual(['copied', 'copied', 'copied']);
      // Waiting is no failure.
      expect(await test().failures(runId)).toEqual([]);
    },
  );

  it('what Intelligent-Tiering archived comes back for good', async () => {
    const { s3, clock } = test().engine;
    const world = newWorld(test());
    s3.putObject(world.source, 'cool', Buffer.from('ice'), {
      storageClass: 'INTELLIGENT_TIERING',
      archiveTier: 'ARCHIVE_ACCESS',
      lastModified: clock.now() - DAY_MS,
    });
    world.takeInventory();
    const { runId } = await run(world, { archived: 'restore', restoreTier: 'Expedited' });
    expect(expectBooks(test(), runId)).toMatchObject({ status: 'Verified', verified: { copied: 1 } });
    expect(s3.getObject(world.destination, 'cool')?.storageClass).toBe('INTELLIGENT_TIERING');
    expect(s3.getObject(world.source, 'cool')?.restore).toEqual({ kind: 'active' });
  });
});

/** Runs a request, and tells what was asked of each object by writes and restores. */
async function run(world: World, more: Partial<RunRequestInput>) {
  const asked = new Map<string, Map<string, number>>();
  const fault = test().engine.s3.faults.add({
    operation: [
      'CopyObject',
      'CreateMultipartUpload',
      'UploadPartCopy',
      'CompleteMultipartUpload',
      'RestoreObject',
      'PutObject',
    ],
    bucket: world.destination,
    effect: { call: (request) => count(asked, request) },
  });
  const restores = test().engine.s3.faults.add({
    operation: 'RestoreObject',
    bucket: world.source,
    effect: { call: (request) => count(asked, request) },
  });
  const { runId } = await test().startAndWait({ ...world.request, ...more });
  fault.remove();
  restores.remove();
  const askedOf = (key: string) =>
    [...(asked.get(key) ?? [])]
      .map(([operation, times]) => (operation === 'UploadPartCopy' ? `${operation} ×${times}` : operation))
      .toSorted()
      .join(', ');
  return { runId, askedOf };
}

function count(asked: Map<string, Map<string, number>>, { key, operation }: { key: string; operation: string }): void {
  const ofKey = asked.get(key) ?? new Map<string, number>();
  ofKey.set(operation, (ofKey.get(operation) ?? 0) + 1);
  asked.set(key, ofKey);
}

function etagOf(bucket: string, key: string): string | undefined {
  return [...test().engine.s3.listObjects(bucket, key)].find((each) => each.key === key)?.etag;
}

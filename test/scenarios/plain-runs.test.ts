import { describe, expect, it } from '@jest/globals';
import { AWKWARD_KEYS } from '../../cli/demo/objects.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, worldOf } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 20, retryDelayMs: 1 } });

describe('A run', () => {
  it('copies every object, proves each by what S3 answered, and ends Verified', async () => {
    const world = worldOf(test(), 100, { files: 3 });
    const ended = await test().startAndWait(world.request);
    expect(ended.status).toBe('SUCCEEDED');
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({
      status: 'Verified',
      manifestRows: 100,
      expected: 100,
      verified: { identical: 0, copied: 100 },
      failed: 0,
      passes: 1,
    });
    expect(ended.output).toEqual(summary);
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('of the same request again finds everything identical and copies nothing', async () => {
    const world = worldOf(test(), 100, { files: 3 });
    await test().startAndWait(world.request);
    test().engine.s3.requests.reset();
    const again = await test().startAndWait(world.request);
    const summary = expectBooks(test(), again.runId);
    expect(summary).toMatchObject({
      status: 'Verified',
      verified: { identical: 100, copied: 0 },
      evidence: { etag: 100 },
      bytesCopied: 0,
    });
    expect(test().engine.s3.requests.count({ operation: 'CopyObject' })).toBe(0);
    expect(test().engine.s3.requests.count({ operation: 'HeadObject', bucket: world.destination })).toBe(0);
  });

  it('that is dry counts what it would copy and writes nothing to the destination', async () => {
    const world = worldOf(test(), 50);
    world.put('already there.txt');
    test().engine.s3.putObject(world.destination, 'already there.txt', Buffer.from('body of already there.txt'));
    world.takeInventory();
    test().engine.s3.requests.reset();
    const ended = await test().startAndWait({ ...world.request, dryRun: true });
    const summary = expectBooks(test(), ended.runId);
    expect(ended.status).toBe('SUCCEEDED');
    expect(summary).toMatchObject({
      status: 'DryRun',
      expected: 51,
      verified: { identical: 1, copied: 0 },
      wouldCopy: { objects: 50 },
    });
    expect(Object.keys(world.contents(world.destination))).toEqual(['already there.txt']);
    for (const operation of ['CopyObject', 'PutObject', 'CreateMultipartUpload'] as const)
      expect(test().engine.s3.requests.count({ operation, bucket: world.destination })).toBe(0);
  });

  it('brings over every awkward key, byte for byte', async () => {
    const world = newWorld(test());
    for (const key of AWKWARD_KEYS) world.put(key);
    world.takeInventory({ files: 2 });
    const ended = await test().startAndWait(world.request);
    expectBooks(test(), ended.runId);
    expect(Object.keys(world.contents(world.destination)).toSorted()).toEqual([...AWKWARD_KEYS].toSorted());
  });

  it('says gone of what was deleted, and drift of what was replaced, since the inventory', async () => {
    const world = worldOf(test(), 60);
    const keys = Object.keys(world.contents(world.source));
    const [deleted = '', replaced = '', replicated = ''] = keys;
    test().engine.s3.deleteObject(world.source, deleted);
    for (const key of [replaced, replicated]) test().engine.s3.putObject(world.source, key, Buffer.from('newer'));
    // Live replication has brought this one already.
    test().engine.s3.putObject(world.destination, replicated, Buffer.from('newer'));
    const ended = await test().startAndWait(world.request);
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ status: 'Verified', verified: { identical: 1, copied: 58 }, gone: 1, drift: 2 });
    expect(world.contents(world.destination)[replaced]).toBe('newer');
    const rows = new Map(readReport(test(), ended.runId).map((row) => [row.key, row.result]));
    expect(rows.get(deleted)).toEqual({ outcome: 'gone' });
    expect(rows.get(replaced)).toEqual({ outcome: 'copied', evidence: 'copied', drift: true });
    expect(rows.get(replicated)).toEqual({ outcome: 'identical', evidence: 'etag', drift: true });
  });

  it('replaces what is at the destination in another state', async () => {
    const world = worldOf(test(), 10);
    const [key = ''] = Object.keys(world.contents(world.source));
    test().engine.s3.putObject(world.destination, key, Buffer.from('something else'), { lastModified: 0 });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId).verified).toEqual({ identical: 0, copied: 10 });
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('takes an inventory whose rows are in no order', async () => {
    const world = worldOf(test(), 150, { files: 3, sorted: false });
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId).verified.copied).toBe(150);
    expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  });

  it('of an inventory without rows is Verified at once', async () => {
    const world = worldOf(test(), 0);
    const ended = await test().startAndWait(world.request);
    expect(ended.status).toBe('SUCCEEDED');
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', manifestRows: 0, passes: 0 });
  });

  it('puts objects under the destination prefix in place of the source prefix', async () => {
    const world = newWorld(test());
    for (const key of ['photos/a.jpg', 'photos/b/c.jpg', 'other/d.jpg']) world.put(key);
    world.takeInventory();
    const ended = await test().startAndWait({
      ...world.request,
      source: { bucket: world.source, prefix: 'photos/' },
      destination: { bucket: world.destination, prefix: 'archive/2026/' },
    });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ outOfScope: { filtered: 1 }, verified: { copied: 2 } });
    expect(Object.keys(world.contents(world.destination))).toEqual(['archive/2026/a.jpg', 'archive/2026/b/c.jpg']);
  });

  it('finds the newest inventory that was delivered whole', async () => {
    const world = worldOf(test(), 5);
    const later = test().engine.clock.now() + 86_400_000;
    world.put('later.txt');
    const { manifestKey } = test().engine.s3.deliverInventory({
      bucket: world.source,
      destinationBucket: world.inventory,
      prefix: 'inventory',
      configId: 'all',
      at: later,
    });
    test().engine.s3.deliverInventory({
      bucket: world.source,
      destinationBucket: world.inventory,
      prefix: 'inventory',
      configId: 'all',
      at: later + 86_400_000,
    });
    const newest = [...test().engine.s3.listObjects(world.inventory, 'inventory/')]
      .map(({ key }) => key)
      .findLast((key) => key.endsWith('manifest.checksum'));
    test().engine.s3.deleteObject(world.inventory, newest ?? '');
    const ended = await test().startAndWait({
      ...world.request,
      manifest: { latest: `s3://${world.inventory}/inventory/${world.source}/all/` },
    });
    expect(expectBooks(test(), ended.runId).expected).toBe(6);
    const run = JSON.parse(
      test().engine.s3.getObject(test().pipeline.workBucket, `runs/${ended.runId}/request.json`)?.body.toString() ??
        '{}',
    ) as { manifest: { key: string } };
    expect(run.manifest.key).toBe(manifestKey);
  });

  it('counts rows that its filters leave out', async () => {
    const world = newWorld(test());
    const { s3, clock } = test().engine;
    const day = (days: number) => clock.now() - days * 86_400_000;
    const put = (key: string, bytes: number, days: number, storageClass: 'STANDARD' | 'STANDARD_IA' = 'STANDARD') =>
      s3.putObject(world.source, key, Buffer.alloc(bytes), { lastModified: day(days), storageClass });
    put('keep/a.jpg', 10, 5);
    put('keep/deep/b.jpg', 10, 5, 'STANDARD_IA');
    put('keep/c.png', 10, 5);
    put('keep/skip/d.jpg', 10, 5);
    put('keep/small.jpg', 1, 5);
    put('keep/large.jpg', 100, 5);
    put('keep/old.jpg', 10, 50);
    put('keep/new.jpg', 10, 1);
    put('other/e.jpg', 10, 5);
    world.takeInventory();
    const ended = await test().startAndWait({
      ...world.request,
      include: ['keep/*.jpg'],
      exclude: ['*/skip/*'],
      minSize: 2,
      maxSize: 99,
      modifiedAfter: new Date(day(10)).toISOString(),
      modifiedBefore: new Date(day(2)).toISOString(),
    });
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      manifestRows: 9,
      outOfScope: { filtered: 7 },
      expected: 2,
    });
    expect(Object.keys(world.contents(world.destination))).toEqual(['keep/a.jpg', 'keep/deep/b.jpg']);
    const classes = await test().startAndWait({ ...world.request, storageClasses: ['STANDARD_IA'] });
    expect(expectBooks(test(), classes.runId).expected).toBe(1);
  });

  it('counts archived objects, and does not ask for them', async () => {
    const world = worldOf(test(), 3);
    test().engine.s3.putObject(world.source, 'frozen.bin', Buffer.from('ice'), { storageClass: 'DEEP_ARCHIVE' });
    world.takeInventory();
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      archived: 1,
      verified: { copied: 3 },
    });
  });

  it('leaves what is newer at the destination as it is, and says so', async () => {
    const world = worldOf(test(), 3);
    const [key = ''] = Object.keys(world.contents(world.source));
    test().engine.s3.putObject(world.destination, key, Buffer.from('somebody’s'));
    const ended = await test().startAndWait(world.request);
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ verified: { copied: 2 }, failed: 1 });
    expect(await test().failures(ended.runId)).toMatchObject([{ key, cause: 'DestinationNewer', status: 'open' }]);
    expect(world.contents(world.destination)[key]).toBe('somebody’s');
    const again = await test().startAndWait({ ...world.request, overwrite: 'always' });
    expect(expectBooks(test(), again.runId)).toMatchObject({
      status: 'Verified',
      verified: { identical: 2, copied: 1 },
    });
  });

  it('copies a source in parts that no upload may have in one, and knows it again by the answer on file', async () => {
    const world = newWorld(test());
    test().engine.s3.putObject(world.source, 'parts.bin', Buffer.alloc(1000, 'x'), {
      multipartParts: 2,
      lastModified: test().engine.clock.now() - 1e9,
    });
    world.takeInventory();
    const first = await test().startAndWait(world.request);
    expect(expectBooks(test(), first.runId).evidence).toEqual({ etag: 0, checksum: 0, copied: 1, sizeAndTime: 0 });
    const second = await test().startAndWait(world.request);
    expect(expectBooks(test(), second.runId)).toMatchObject({
      verified: { identical: 1, copied: 0 },
      evidence: { copied: 1, sizeAndTime: 0 },
    });
  });
});

import { describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, readReport, VERSION_FIELDS, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 4, retryDelayMs: 1 } });

describe('A run of all versions', () => {
  it('brings over every version and delete marker, in order, wherever the inventory has put them', async () => {
    const world = versionedWorld();
    for (const key of ['a', 'b', 'c/d', 'é']) write(world.source, key, 'one', 'two', null, 'three');
    write(world.source, 'deleted', 'was here', null);
    // 18 rows in 5 files: keys lie over two of them, and rows in no order.
    world.takeInventory({ files: 5, sorted: false, fields: VERSION_FIELDS });
    const ended = await test().startAndWait({ ...world.request, versions: 'all' });
    const summary = expectBooks(test(), ended.runId);
    expect(summary).toMatchObject({ status: 'Verified', manifestRows: 18, expected: 18, verified: { copied: 18 } });
    for (const key of ['a', 'b', 'c/d', 'é', 'deleted'])
      expect(sequence(world.destination, key)).toEqual(sequence(world.source, key));

    const again = await test().startAndWait({ ...world.request, versions: 'all' });
    expect(expectBooks(test(), again.runId)).toMatchObject({ verified: { identical: 18, copied: 0 } });
    expect(readReport(test(), again.runId).filter(({ versionId }) => versionId === '')).toEqual([]);
  });

  it('goes on where one version failed, and leaves a key that diverges as it is', async () => {
    const world = versionedWorld();
    write(world.source, 'late', 'one', 'two', 'three');
    write(world.source, 'diverged', 'one', 'two');
    write(world.destination, 'diverged', 'somebody’s');
    world.takeInventory({ fields: VERSION_FIELDS });
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      sourceKey: 'late',
      skip: 1,
      times: 5,
      effect: { error: 'InternalError' },
    });
    const ended = await test().startAndWait({ ...world.request, versions: 'all' });
    test().engine.s3.faults.clear();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ failed: 2, verified: { identical: 1, copied: 2 } });
    expect(sequence(world.destination, 'late')).toEqual(['one', 'two', 'three']);
    expect(sequence(world.destination, 'diverged')).toEqual(['somebody’s']);
    const failures = await test().failures(ended.runId);
    const open = failures.filter(({ status }) => status === 'open');
    expect(open.map(({ key, cause }) => `${key} ${cause}`)).toEqual(Array(2).fill('diverged VersionsDiverge'));
  });

  it('knows by its own proofs what an earlier pass has put, where no ETag and no checksum tells', async () => {
    const world = versionedWorld();
    const { s3 } = test().engine;
    const sealed = { encryption: { kind: 'SSE-KMS', keyArn: s3.kms.add({}) }, checksumAlgorithm: 'none' } as const;
    for (const body of ['one', 'two', 'three']) s3.putObject(world.source, 'sealed', Buffer.from(body), sealed);
    world.takeInventory({ fields: VERSION_FIELDS });
    s3.faults.add({
      operation: 'CopyObject',
      sourceKey: 'sealed',
      skip: 1,
      times: 5,
      effect: { error: 'InternalError' },
    });
    const ended = await test().startAndWait({ ...world.request, versions: 'all' });
    s3.faults.clear();
    expect(expectBooks(test(), ended.runId)).toMatchObject({ passes: 2, verified: { identical: 1, copied: 2 } });
    expect(sequence(world.destination, 'sealed')).toEqual(['one', 'two', 'three']);
  });

  it('is refused where the destination has no versioning, and where the inventory has no versions', async () => {
    const world = newWorld(test());
    world.put('a');
    world.takeInventory({ fields: VERSION_FIELDS });
    const off = await test().startAndWait({ ...world.request, versions: 'all' });
    expect(off).toMatchObject({ status: 'FAILED', error: 'DestinationUnversioned' });
    expect(off.cause).toContain('it is off. Enable it');
    const versioned = versionedWorld();
    write(versioned.source, 'a', 'one');
    versioned.takeInventory();
    const none = await test().startAndWait({ ...versioned.request, versions: 'all' });
    expect(none).toMatchObject({ status: 'FAILED', error: 'ManifestUnsupported' });
    expect(none.cause).toContain('VersionId');
  });
});

let worlds = 0;

/** A world whose source and destination have versioning. */
function versionedWorld(): World {
  const name = `versioned-${(worlds += 1)}`;
  for (const side of ['source', 'destination'])
    test().engine.s3.createBucket(`${name}-${side}`, { versioning: 'Enabled' });
  return newWorld(test(), name);
}

/** Writes versions of a key, a delete marker for each null. */
function write(bucket: string, key: string, ...contents: (string | null)[]): void {
  for (const content of contents)
    if (content === null) test().engine.s3.deleteObject(bucket, key);
    else test().engine.s3.putObject(bucket, key, Buffer.from(content));
}

/** What a bucket holds of a key, the oldest first. */
function sequence(bucket: string, key: string): (string | null)[] {
  const { s3 } = test().engine;
  return [...s3.listVersions(bucket, key)]
    .filter((version) => version.key === key)
    .map(({ versionId, isDeleteMarker }) =>
      isDeleteMarker ? null : (s3.getObject(bucket, key, versionId)?.body.toString() ?? ''),
    )
    .toReversed();
}

import { describe, expect, it } from '@jest/globals';
import { deployPipeline } from '../../local/pipeline.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, worldOf } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 50, retryDelayMs: 1 } });

describe('Nobody is told Verified of', () => {
  it('a run whose name an earlier one had, on another state machine over the same work bucket', async () => {
    const world = worldOf(test(), 20);
    await test().startAndWait(world.request, 'nightly');
    expect(test().summary('nightly')).toMatchObject({ status: 'Verified' });
    for (const { key } of test().engine.s3.listObjects(world.destination))
      test().engine.s3.deleteObject(world.destination, key);
    const { workBucket } = test().pipeline;
    const { stateMachineArn } = await deployPipeline(test().engine, { pair: 'redeployed', workBucket });
    const { body } = await test().engine.stepFunctions.handle('StartExecution', {
      stateMachineArn,
      name: 'nightly',
      input: JSON.stringify(world.request),
    });
    const again = await test().ended((body as { executionArn: string }).executionArn);
    expect(again).toMatchObject({
      status: 'FAILED',
      error: 'RunExists',
      cause: expect.stringContaining('under another name'),
    });
  });

  it('an archived object that was replaced by one that can be read: it is copied', async () => {
    const world = newWorld(test());
    const { s3 } = test().engine;
    for (const key of ['frozen', 'thawed', 'gone'])
      s3.putObject(world.source, key, Buffer.from('ice'), { storageClass: 'GLACIER' });
    world.takeInventory();
    s3.putObject(world.source, 'thawed', Buffer.from('water'));
    s3.deleteObject(world.source, 'gone');
    const ended = await test().startAndWait(world.request);
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      archived: 1,
      gone: 1,
      drift: 1,
      verified: { copied: 1 },
    });
    expect(world.contents(world.destination)).toEqual({ thawed: 'water' });
  });

  it('a dry run that could not compare: it is no success', async () => {
    const world = worldOf(test(), 10);
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      skip: 1,
      effect: { error: 'AccessDenied' },
    });
    const ended = await test().startAndWait({ ...world.request, dryRun: true });
    test().engine.s3.faults.clear();
    expect(ended).toMatchObject({ status: 'FAILED', error: 'VerificationIncomplete' });
    expect(expectBooks(test(), ended.runId)).toMatchObject({ failed: 10, wouldCopy: { objects: 0 } });
  });
});

describe('Nobody is told that an object failed', () => {
  it('which is there: a thousand closed objects do not stop a run that finds the others identical', async () => {
    const world = worldOf(test(), 2_200);
    const isClosed = (key: string) => /[02468]\.txt$/.test(key);
    test().engine.s3.faults.add({ operation: 'CopyObject', sourceKey: isClosed, effect: { error: 'AccessDenied' } });
    const first = await test().startAndWait(world.request);
    expect(expectBooks(test(), first.runId)).toMatchObject({ failed: 1_100, verified: { copied: 1_100 } });
    const second = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    expect(expectBooks(test(), second.runId)).toMatchObject({ failed: 1_100, verified: { identical: 1_100 } });
  }, 120_000);

  it('because S3 was busy for a while', async () => {
    const world = worldOf(test(), 5);
    test().engine.s3.faults.add({
      operation: 'CopyObject',
      bucket: world.destination,
      times: 20,
      effect: { error: 'SlowDown' },
    });
    const ended = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    expect(expectBooks(test(), ended.runId)).toMatchObject({ status: 'Verified', verified: { copied: 5 }, passes: 1 });
    expect(await test().failures(ended.runId)).toEqual([]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { expectBooks, worldOf } from '../support/world.js';

const TIMEOUT_MS = 4_000;
const test = useEngine({ pipeline: { chunkRows: 400, functions: { 'copy-chunk': { timeoutMs: TIMEOUT_MS } } } });
const slowly = (ms: number) => ({ call: () => new Promise<void>((resolve) => setTimeout(resolve, ms)) });

describe('A chunk that takes longer than one Lambda call', () => {
  it('goes on in the next call, behind its cursor', async () => {
    const world = worldOf(test(), 400);
    test().engine.s3.faults.add({ operation: 'CopyObject', effect: slowly(TIMEOUT_MS * 0.08) });
    const ended = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    expect(expectBooks(test(), ended.runId)).toMatchObject({
      status: 'Verified',
      verified: { copied: 400 },
      passes: 1,
    });
    const calls = test()
      .engine.lambda.peaks()
      .find(({ functionName }) => functionName.endsWith('copy-chunk'));
    expect(calls?.invocations).toBeGreaterThan(1);
    expect(calls?.errors).toBe(0);
  });

  it('is a failure NoProgress when three calls in a row come no further', async () => {
    const world = worldOf(test(), 20);
    test().engine.s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: world.destination,
      skip: 1,
      times: 4,
      effect: slowly(TIMEOUT_MS * 0.8),
    });
    const ended = await test().startAndWait(world.request);
    test().engine.s3.faults.clear();
    expect(ended.error).toBe('VerificationIncomplete');
    expectBooks(test(), ended.runId);
    const chunks = (await test().failures(ended.runId)).filter(({ key }) => key === undefined);
    expect(chunks).toMatchObject([{ sk: 'chunk#0-0', cause: 'NoProgress', status: 'open' }]);
  });
});

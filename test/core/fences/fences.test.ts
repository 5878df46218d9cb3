import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { verifyChunk } from '../../../core/verify/verify-chunk.js';
import { putSource, rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { DESTINATION, useStorage } from '../support/storage.js';

const storage = useStorage();
const HOUR_MS = 3_600_000;

describe('A worker, when it is stopAfter', () => {
  it('begins no more: what is under way ends and is verified, the rest is held back, and other workers are told', async () => {
    const { copy, verify } = await prepare('in-time', 400, {}, HOUR_MS);
    storage().s3.faults.add({
      operation: 'CopyObject',
      skip: 20,
      times: 1,
      effect: { call: () => storage().ports.clock.sleep(2 * HOUR_MS) },
    });
    expect(await copy()).toEqual({ done: true, cursor: null, stop: 'stopAfter' });
    const { counts } = await verify();
    expect(counts.copied).toBeGreaterThanOrEqual(21);
    expect(counts.copied).toBe([...storage().s3.listObjects(DESTINATION, 'in-time/')].length);
    expect(counts.causes).toEqual({ FenceReached: 400 - counts.copied });
    expect(await storage().ports.failures.stopCause('in-time')).toBe('stopAfter');
    expect(await copy()).toEqual({ done: true, cursor: null, stop: 'stopAfter' });
  }, 60_000);
});

describe('A chunk that is only looked at', () => {
  it('and for which there was no time is owed, to be looked at in another pass', async () => {
    const { verify } = await prepare('no-time', 30, { engine: 'none' });
    let asked = 0;
    // Over after the margin was taken, and the first look at the time.
    const { counts } = await verify(() => ((asked += 1), asked > 1 ? 0 : HOUR_MS));
    expect(counts.causes).toEqual({ NotAttempted: 30 });
  });

  it('and for which there was time names what is missing', async () => {
    const { verify } = await prepare('time', 30, { engine: 'none' });
    expect((await verify(() => HOUR_MS)).counts.causes).toEqual({ Missing: 30 });
  });
});

/** A chunk of rows that are at the source only. @param stopIn milliseconds from now */
async function prepare(runId: string, count: number, request: Partial<RunRequestInput>, stopIn?: number) {
  const { ports } = storage();
  const stop = stopIn === undefined ? {} : { stopAt: ports.clock.now() + stopIn };
  await writeRun(storage(), runOf(runId, request, stop));
  const rows = Array.from({ length: count }, (_, index) => {
    const key = `${runId}/${String(index).padStart(3, '0')}`;
    return putSource(storage(), key, key, { lastModified: rowOf(key).lastModified });
  });
  const input = { runId, pass: 1, chunk: await writeChunk(storage(), runId, rows) };
  return {
    copy: () => copyChunk(ports, input, () => HOUR_MS),
    verify: (deadline = () => HOUR_MS) => verifyChunk(ports, input, deadline),
  };
}

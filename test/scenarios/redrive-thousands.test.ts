import { expect, it } from '@jest/globals';
import { useEngine } from '../support/engine.js';
import { expectBooks, worldOf } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 200, retryDelayMs: 1 } });

it('A redrive has all rows of a cause, also where the failure table holds only a thousand of them', async () => {
  const world = worldOf(test(), 1_300);
  // Six of seven, evenly: where nearly all fail, a run stops early.
  const denied = Object.keys(world.contents(world.source)).filter((_, index) => index % 7 !== 0);
  const isDenied = new Set(denied);
  const fault = test().engine.s3.faults.add({
    operation: 'CopyObject',
    sourceKey: (key) => isDenied.has(key),
    effect: { error: 'AccessDenied' },
  });
  const first = await test().startAndWait({ ...world.request, maxPasses: 1 });
  fault.remove();
  expect(expectBooks(test(), first.runId)).toMatchObject({ failed: denied.length });
  expect(denied.length).toBeGreaterThan(1_100);
  expect(await test().failures(first.runId)).toHaveLength(1_000);

  const { source, destination } = world.request;
  const manifest = { failuresOf: first.runId, cause: 'AccessDenied' };
  const second = await test().startAndWait({ source, destination, manifest });
  expect(expectBooks(test(), second.runId)).toMatchObject({
    status: 'Verified',
    manifestRows: denied.length,
    verified: { copied: denied.length },
  });
  expect(world.contents(world.destination)).toEqual(world.contents(world.source));
  const items = await test().failures(first.runId);
  expect(items.filter(({ status, resolvedBy }) => status === 'open' || resolvedBy !== second.runId)).toEqual([]);
});

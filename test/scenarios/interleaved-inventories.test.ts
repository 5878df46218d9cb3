import { describe, expect, it } from '@jest/globals';
import { MapRuns } from '../../adapters/step-functions/map-runs.js';
import type { Summary } from '../../contracts/tally.js';
import { useEngine } from '../support/engine.js';
import { expectBooks, newWorld, type World } from '../support/world.js';

const test = useEngine({ pipeline: { chunkRows: 200, retryDelayMs: 1 } });
const FILES = 18;
const OBJECTS = FILES * 200;

describe('An inventory whose rows are mixed over all of its files', () => {
  it('is merged first, ends Verified, and costs no more than twice the listings of a sorted one', async () => {
    const sorted = await play(halfCopied(), true);
    const mixed = await play(halfCopied(), false);
    for (const { summary } of [sorted, mixed])
      expect(summary).toMatchObject({ status: 'Verified', expected: OBJECTS, verified: { copied: OBJECTS / 100 } });
    expect(sorted.maps).toEqual(['IndexFiles', 'CopyChunks', 'VerifyChunks']);
    expect(mixed.maps).toEqual(['IndexFiles', 'MergeRanges', 'CopyChunks', 'VerifyChunks']);
    expect(mixed.listings).toBeLessThanOrEqual(2 * sorted.listings);
  }, 120_000);
});

/** A world in which every hundredth object is missing at the destination. */
function halfCopied(): World {
  const world = newWorld(test());
  for (let index = 0; index < OBJECTS; index++) {
    const key = `folder ${index % 3}/object+${String(index).padStart(5, '0')}.txt`;
    world.put(key);
    if (index % 100 > 0) test().engine.s3.putObject(world.destination, key, Buffer.from(`body of ${key}`));
  }
  return world;
}

async function play(world: World, sorted: boolean): Promise<{ summary: Summary; maps: string[]; listings: number }> {
  const { engine, sfn } = test();
  world.takeInventory({ files: FILES, sorted });
  engine.s3.requests.reset();
  const { runId, executionArn } = await test().startAndWait(world.request);
  const listings = engine.s3.requests.count({ operation: 'ListObjectsV2', bucket: world.destination });
  const maps = await new MapRuns(sfn).progress(executionArn);
  return { summary: expectBooks(test(), runId), maps: maps.map(({ state }) => state), listings };
}

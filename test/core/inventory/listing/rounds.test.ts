import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { listingRange } from '../../../../contracts/listing.js';
import { inventoryManifest } from '../../../../contracts/manifest.js';
import { gatherListing } from '../../../../core/inventory/listing/gather-listing.js';
import { listRange } from '../../../../core/inventory/listing/list-range.js';
import { planRound } from '../../../../core/inventory/listing/plan-round.js';
import { compareKeys } from '../../../../core/keys.js';
import { readLines } from '../../../../core/lines.js';
import { listingRun } from '../../support/listing.js';
import { writeResults } from '../../support/results.js';
import { SOURCE, useStorage, WORK } from '../../support/storage.js';

const storage = useStorage();
const COUNT = 100_000;

describe('A hundred thousand objects are listed in two rounds, each once, by few more requests than there are pages', () => {
  it.each<[string, string, (digits: string) => string]>([
    ['a flat prefix', 'flat', (digits) => `img-${digits}.jpg`],
    ['a deep tree', 'tree', (digits) => `${digits.slice(-2)}/a/${digits.slice(-3, -2)}/b/c/${digits}`],
    [
      'a few folders of very different size',
      'skewed',
      (digits) => (digits < '095000' ? `big/${digits}` : `small-${digits.slice(-1)}/${digits}`),
    ],
  ])(
    '%s',
    async (_, id, name) => {
      const body = Buffer.from('b');
      const keys = Array.from({ length: COUNT }, (_, index) => `${id}/${name(String(index).padStart(6, '0'))}`);
      for (const key of keys) storage().s3.putObject(SOURCE, key, body);
      const { rounds, ranges, requests } = await listAll(id);
      expect(rounds).toBe(2);
      expect(ranges).toBeGreaterThan(10);
      // The last page of a range is not full, and a split takes at most 160.
      expect(requests).toBeLessThanOrEqual(COUNT / 1_000 + ranges + 160);
      expect(await manifestKeys(id)).toEqual(keys.toSorted(compareKeys));
    },
    60_000,
  );
});

/** What the state machine does: a Map over the ranges of a round, and what is left of them, until that is nothing. */
async function listAll(runId: string): Promise<{ rounds: number; ranges: number; requests: number }> {
  const { ports } = storage();
  const { paths } = await listingRun(storage(), runId);
  let requests = 0;
  const stop = storage().onRequest(({ url = '' }) => void (requests += Number(url.includes('list-type=2'))));
  await ports.work.write(paths.ranges(1), JSON.stringify(planRound(1, [{ after: '' }], 50)[0]));
  let [rounds, ranges] = [0, 0];
  for (let round = 1; round > 0;) {
    rounds += 1;
    const answers: object[] = [];
    for await (const range of readLines(ports.work, paths.ranges(round), listingRange))
      answers.push(await listRange(ports, { runId, round, range }, () => 900_000));
    ranges += answers.length;
    const listed = await writeResults(storage(), `runs/${runId}/listing`, answers);
    ({ round } = await gatherListing(ports, { runId, round, listed }));
  }
  stop();
  return { rounds, ranges, requests };
}

async function manifestKeys(id: string): Promise<string[]> {
  const { manifestKey } = await listingRun(storage(), id);
  const read = (key: string) => storage().s3.getObject(WORK, key)?.body ?? Buffer.alloc(0);
  const { files } = inventoryManifest.parse(JSON.parse(read(manifestKey).toString()));
  return files.flatMap(({ key }) =>
    gunzipSync(read(key))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => line.split('","')[1] ?? ''),
  );
}

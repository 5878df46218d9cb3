import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import type { Row } from '../../../contracts/row.js';
import { walkBeside } from '../../../core/compare/walk.js';
import { gatherRanges } from '../../../core/inventory/gather-ranges.js';
import { planPass } from '../../../core/inventory/plan-pass.js';
import { runFiles } from '../../../core/run-files.js';
import { deal, rowsOf, writeIndex } from '../support/index-files.js';
import { lister } from '../support/lister.js';
import { mergeRanges } from '../support/merge.js';
import { rowOf, runOf } from '../support/rows.js';
import { linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();
const CHUNK_ROWS = 20;
const ROWS = Array.from({ length: 300 * CHUNK_ROWS }, (_, index) => rowOf(`key-${String(index).padStart(5, '0')}`));

describe('An inventory of 300 files, each of which spans all keys', () => {
  it('costs no more than twice the listings of a sorted one', async () => {
    const sorted = await firstPass('sorted', [ROWS]);
    const spanning = await firstPass('spanning', deal(ROWS, 300));
    expect(sorted).toEqual({ merged: 0, chunks: 300, listings: 300 });
    expect(spanning).toMatchObject({ merged: 1, chunks: 300 });
    expect(spanning.listings).toBeLessThanOrEqual(2 * sorted.listings);
  }, 120_000);
});

/** Plans the pass, and walks each of its chunks beside a destination that has all the rows. Listings are pages of a thousand. */
async function firstPass(runId: string, files: Row[][]) {
  const { ports } = storage();
  const indexed = await writeIndex(storage(), runOf(runId), files, CHUNK_ROWS);
  const { merge } = await planPass(ports, { runId, indexed });
  if (merge > 0) await gatherRanges(ports, { runId, merged: await mergeRanges(storage(), runId, CHUNK_ROWS) });

  const chunks = await linesOf<Chunk>(storage(), runFiles(runId).chunks(1));
  const { list, pages } = lister(ROWS.map(({ key }) => key));
  for (const rows of await rowsOf(storage(), chunks))
    for await (const batch of walkBeside(rows, ({ key }) => key, { list }))
      for (const { row, listed } of batch) expect(listed?.key).toBe(row.key);
  return { merged: merge, chunks: chunks.length, listings: pages.length };
}

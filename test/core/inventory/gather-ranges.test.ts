import { describe, expect, it } from '@jest/globals';
import type { Chunk } from '../../../contracts/chunk.js';
import { gatherRanges } from '../../../core/inventory/gather-ranges.js';
import { runFiles } from '../../../core/run-files.js';
import { writeResults } from '../support/results.js';
import { WORK, linesOf, useStorage } from '../support/storage.js';

const storage = useStorage();

describe('Merged ranges are gathered', () => {
  it('as the chunks of the first pass, with those that stayed as they were, spread in time', async () => {
    const ranges = ['aceg', 'ikmo'].map((keys, range) =>
      Array.from(keys).map((key, n) => chunkOf(`m${range}-${n}`, key)),
    );
    const kept = Array.from('bdfhjlnp').map((key, n) => chunkOf(`0-${n}`, key));
    expect(await gather('spread', ranges, { kept })).toEqual({ chunks: 16 });
    const lines = await linesOf<Chunk>(storage(), runFiles('spread').chunks(1));
    expect(lines.map(({ first }) => first).join('')).toBe('aiemckgobjfndlhp');
    expect(lines[0]).toEqual(ranges[0]?.[0]);
  });
});

describe('Merged ranges are not gathered', () => {
  const RANGES = [[chunkOf('m0-0', 'a')], [chunkOf('m1-0', 'b')]];

  it('where a child of MergeRanges failed as a whole: its words are told', async () => {
    const child = { Name: 'child', Status: 'FAILED', Error: 'Sandbox.Timedout', Cause: 'timed out after 900 s' };
    const gathering = gather('failed', RANGES, { failed: [child] });
    await expect(gathering).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(gathering).rejects.toThrow(
      'A range of interleaved inventory files was not merged: Sandbox.Timedout: timed out after 900 s. Look at the failed child of the Map Run MergeRanges',
    );
  });

  it('where a range was not answered for at all', async () => {
    const gathering = gather('unanswered', RANGES, { answered: 1 });
    await expect(gathering).rejects.toMatchObject({ name: 'RunFileMissing' });
    await expect(gathering).rejects.toThrow('expected 2 ranges to be merged, found 1 answers: range 1 is missing');
  });

  it.each([
    ['fewer', 30],
    ['more', 10],
  ])('where they hold %s rows than the inventory: nothing is published', async (name, expected) => {
    const gathering = gather(name, RANGES, { expected });
    await expect(gathering).rejects.toMatchObject({ name: 'IdentityBroken' });
    await expect(gathering).rejects.toThrow(`Expected ${expected} rows in the merged chunks, found 20.`);
    expect(storage().s3.getObject(WORK, runFiles(name).chunks(1))).toBeUndefined();
  });
});

interface Circumstances {
  kept?: Chunk[];
  failed?: object[];
  /** How many ranges were answered for; all. */
  answered?: number;
  /** Rows of the plan; as many as there are. */
  expected?: number;
}

async function gather(runId: string, ranges: Chunk[][], circumstances: Circumstances = {}) {
  const { kept = [], failed = [], answered = ranges.length } = circumstances;
  const { expected = [kept, ...ranges].flat().reduce((sum, { rows }) => sum + rows, 0) } = circumstances;
  const { work } = storage().ports;
  const paths = runFiles(runId);
  const write = (key: string, lines: readonly object[]) =>
    work.write(key, Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  await write(paths.planToMerge, [
    {
      manifestRows: expected,
      outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
      expected,
      bytes: 0,
      chunks: 9,
    },
  ]);
  await write(
    paths.ranges,
    ranges.map((_, range) => ({ range, from: String(range) })),
  );
  await write(paths.kept, kept);
  for (const [range, chunks] of ranges.entries()) await write(paths.mergedChunks(range), chunks);
  const answers = ranges
    .slice(0, answered)
    .map((chunks, range) => ({ range, rows: 10 * chunks.length, bytes: 0, chunks: chunks.length }));
  return gatherRanges(storage().ports, {
    runId,
    merged: await writeResults(storage(), `${paths.root}pass-1/merge`, answers, failed),
  });
}

function chunkOf(id: string, first: string): Chunk {
  const segments = [{ key: 'merged/0.csv.gz', offset: 0, length: 10 }];
  return { id, rows: 10, bytes: 100, after: '', first, last: `${first}z`, segments };
}

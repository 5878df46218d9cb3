import { keyRange, type Chunk } from '../../contracts/chunk.js';
import type { ResultWriterDetails } from '../../contracts/states.js';
import { merged, plan as planSchema, type Plan } from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import { readLines } from '../lines.js';
import type { Ports } from '../ports.js';
import { expectNoFailedChild, readAnswers } from '../results.js';
import { readJson, runFiles, writeJson } from '../run-files.js';
import { readChunks } from './plan-merge.js';
import { writeSpread } from './spread.js';

/** What this state reaches. */
type GatherPorts = Pick<Ports, 'work' | 'scratch'>;

/**
 * State GatherRanges: writes the first pass's chunks.jsonl from what the MergeRange children wrote and from the chunks that
 * stayed as they were, and the plan.json that counts the duplicates which these found. Throws RunFileMissing where a range is missing, IdentityBroken where rows were lost or are twice.
 */
export async function gatherRanges(
  ports: GatherPorts,
  input: { runId: string; merged: ResultWriterDetails },
): Promise<{ chunks: number }> {
  await expectNoFailedChild(ports.work, input.merged, {
    map: 'MergeRanges',
    lost: 'A range of interleaved inventory files was not merged',
  });
  const paths = runFiles(input.runId);
  const planned = await readJson(ports.work, paths.planToMerge, planSchema);
  const { ranges, duplicates } = await expectAll(ports, input);
  const expected = planned.expected - duplicates;

  let [rows, bytes, chunks] = [0, 0, 0];
  async function* counted(): AsyncGenerator<Chunk> {
    for await (const each of readChunks(ports.work, [paths.kept, ...ranges.map(paths.mergedChunks)])) {
      rows += each.rows;
      bytes += each.bytes;
      chunks += 1;
      yield each;
    }
    if (rows !== expected)
      throw new BackfillError(
        'IdentityBroken',
        `Expected ${expected} rows in the merged chunks, found ${rows}. This is a defect of s3-backfill: report it with the run's files.`,
      );
  }
  const scratch = ports.scratch();
  try {
    await writeSpread(ports.work, paths.chunks(1), counted(), scratch);
  } finally {
    await scratch.clear();
  }
  const plan: Plan = {
    ...planned,
    outOfScope: { ...planned.outOfScope, duplicates: planned.outOfScope.duplicates + duplicates },
    expected,
    bytes,
    chunks,
  };
  await writeJson(ports.work, paths.plan, plan);
  return { chunks };
}

/** The numbers of all ranges, in order, and the duplicates in them. One that neither answered nor failed would take its rows out of the books. */
async function expectAll({ work }: GatherPorts, input: { runId: string; merged: ResultWriterDetails }) {
  const answered = new Map<number, number>();
  for await (const { range, duplicates } of readAnswers(work, input.merged, merged)) answered.set(range, duplicates);
  const ranges: number[] = [];
  for await (const { range } of readLines(work, runFiles(input.runId).ranges, keyRange)) ranges.push(range);
  const missing = ranges.filter((range) => !answered.has(range));
  if (missing.length > 0)
    throw new BackfillError(
      'RunFileMissing',
      `GatherRanges expected ${ranges.length} ranges to be merged, found ${answered.size} answers: range ${missing[0]} is missing. Look at the Map Run MergeRanges, then start again.`,
    );
  return { ranges, duplicates: [...answered.values()].reduce((sum, each) => sum + each, 0) };
}

import type { KeyRange } from '../../../contracts/chunk.js';
import type { ResultWriterDetails } from '../../../contracts/states.js';
import { mergeRange } from '../../../core/inventory/merge-range.js';
import { runFiles } from '../../../core/run-files.js';
import { writeResults } from './results.js';
import { linesOf, type Storage } from './storage.js';

/** What the Map MergeRanges does: one child for each line of ranges.jsonl. Answers where their answers are. */
export async function mergeRanges(storage: Storage, runId: string, chunkRows: number): Promise<ResultWriterDetails> {
  const paths = runFiles(runId);
  const answers: object[] = [];
  for (const range of await linesOf<KeyRange>(storage, paths.ranges))
    answers.push(await mergeRange(storage.ports, { runId, range }, chunkRows));
  return writeResults(storage, `${paths.root}pass-1/merge`, answers);
}

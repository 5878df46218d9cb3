import { chunk, type KeyRange } from '../../contracts/chunk.js';
import type { Merged } from '../../contracts/tally.js';
import { readLines } from '../lines.js';
import type { Ports } from '../ports.js';
import { readRun, runFiles } from '../run-files.js';
import { writeChunkFile } from './chunk-file.js';
import { withoutDuplicates } from './duplicates.js';
import { isInRange } from './ranges.js';
import { readChunkLines } from './row-codec.js';
import { gatherLines, keyOf, type RowLines } from './row-lines.js';
import { sortRows } from './row-order.js';

/** What this state reaches. */
type MergePorts = Pick<Ports, 'work' | 'scratch'>;

/**
 * State MergeRange: brings the rows of one range, which lie in chunks of many files, into chunks of their own under
 * `merged/`, of duplicates in a list one. Memory does not grow with the range: one chunk is read at a time, and rows are sorted in `memory` bytes.
 * The same range is always written to the same bytes.
 */
export async function mergeRange(
  ports: MergePorts,
  input: { runId: string; range: KeyRange },
  chunkRows: number,
  memory?: number,
): Promise<Merged> {
  const { request, manifest } = await readRun(ports, input.runId);
  const { range } = input.range;
  const paths = runFiles(input.runId);
  const file = { rows: paths.merged(range), lines: paths.mergedChunks(range), idPrefix: `m${range}`, chunkRows };
  const scratch = ports.scratch();
  try {
    const sorted = sortRows(rowsOf(ports, paths.pieces(range), input.range), scratch, memory);
    let duplicates = 0;
    const rows = manifest.kind === 'csv' ? withoutDuplicates(sorted, () => void (duplicates += 1)) : sorted;
    const sums = await writeChunkFile(ports.work, file, request, async (write) => {
      for await (const batch of rows) await write(batch);
      return 'written';
    });
    if (!sums) throw new Error('sorted rows were refused as unsorted');
    return { range, duplicates, ...sums };
  } finally {
    await scratch.clear();
  }
}

async function* rowsOf({ work }: MergePorts, pieces: string, range: KeyRange): AsyncGenerator<RowLines> {
  for await (const piece of readLines(work, pieces, chunk))
    for await (const { lines } of readChunkLines(work, piece))
      yield gatherLines(lines.filter((line) => isInRange(keyOf(line), range)));
}

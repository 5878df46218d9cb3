import { sortBatches } from '../external-sort.js';
import type { Scratch } from '../ports.js';
import { compareLines, gatherLines, readRowLines, type RowLine, type RowLines } from './row-lines.js';

/** Rows held at once while they are sorted: 32 MiB, about 110,000 rows. */
const SORT_MEMORY_BYTES = 32 * 1024 * 1024;
/** Of memory for each, beside its bytes. */
const LINE_BYTES = 150;

/** Sorts any number of rows in bounded memory; what does not fit in `memory` bytes goes to scratch. */
export async function* sortRows(
  batches: AsyncIterable<RowLines>,
  scratch: Scratch,
  memory: number = SORT_MEMORY_BYTES,
): AsyncGenerator<RowLines> {
  const sorted = sortBatches<RowLine>(linesOf(batches), {
    compare: compareLines,
    encode: (lines) => gatherLines(lines).bytes,
    decode: (bytes) => readRowLines(bytes).lines,
    weigh: ({ start, end }) => LINE_BYTES + end - start,
    memory,
    scratch,
  });
  for await (const lines of sorted) yield gatherLines(lines);
}

async function* linesOf(batches: AsyncIterable<RowLines>): AsyncGenerator<RowLine[]> {
  for await (const { lines } of batches) yield lines;
}

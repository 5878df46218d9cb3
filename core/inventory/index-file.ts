import type { Run } from '../../contracts/run.js';
import type { InventoryFile } from '../../contracts/manifest.js';
import type { Indexed } from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import type { Ports, Scratch } from '../ports.js';
import { readRun, runFiles } from '../run-files.js';
import { writeChunkFile, type WriteRows } from './chunk-file.js';
import { newCensus, type Census } from './census.js';
import { expectedRows } from './expected-rows.js';
import { compareLines, type RowLine } from './row-lines.js';
import { sortRows } from './row-order.js';

/** What this state reaches. */
type IndexPorts = Pick<Ports, 'work' | 'inventory' | 'scratch'>;

/**
 * State IndexFile: streams one inventory file into sorted chunks under `index/`, and counts what is out of scope.
 * Memory does not grow with the file. A file that is refused is an answer, which PlanPass raises by name.
 */
export async function indexFile(
  ports: IndexPorts,
  input: { runId: string; file: InventoryFile },
  chunkRows: number,
): Promise<Indexed> {
  const run = await readRun(ports, input.runId);
  const scratch = ports.scratch();
  try {
    return (
      (await indexSorted(ports, run, input.file, chunkRows)) ??
      (await indexUnsorted(ports, run, input.file, chunkRows, scratch))
    );
  } catch (error) {
    if (!(error instanceof BackfillError)) throw error;
    return { kind: 'refused', file: input.file.file, error: error.name, message: error.message };
  } finally {
    await scratch.clear();
  }
}

/** Most files come sorted: then rows go straight through. Undefined, and nothing written, at the first row that is out of order. */
async function indexSorted(
  ports: IndexPorts,
  run: Run,
  file: InventoryFile,
  chunkRows: number,
): Promise<Indexed | undefined> {
  const census = newCensus();
  let previous: RowLine | undefined;
  return writeIndex(ports, run, file, chunkRows, census, async (write) => {
    for await (const rows of expectedRows(ports, run, file, census)) {
      for (const line of rows.lines) {
        if (previous && compareLines(previous, line) > 0) return 'unsorted';
        previous = line;
      }
      await write(rows);
    }
    return 'written';
  });
}

async function indexUnsorted(
  ports: IndexPorts,
  run: Run,
  file: InventoryFile,
  chunkRows: number,
  scratch: Scratch,
): Promise<Indexed> {
  const census = newCensus();
  const sorted = sortRows(expectedRows(ports, run, file, census), scratch);
  const indexed = await writeIndex(ports, run, file, chunkRows, census, async (write) => {
    for await (const rows of sorted) await write(rows);
    return 'written';
  });
  if (!indexed) throw new Error('sorted rows were refused as unsorted');
  return indexed;
}

async function writeIndex(
  ports: IndexPorts,
  run: Run,
  file: InventoryFile,
  chunkRows: number,
  census: Census,
  fill: (write: WriteRows) => Promise<'written' | 'unsorted'>,
): Promise<Indexed | undefined> {
  const paths = runFiles(run.id);
  const target = { rows: paths.index(file.file), lines: paths.indexChunks(file.file), idPrefix: String(file.file) };
  const sums = await writeChunkFile(ports.work, { ...target, chunkRows }, run.request, fill);
  return (
    sums && {
      kind: 'indexed',
      file: file.file,
      rows: census.rows,
      outOfScope: census.outOfScope,
      expected: sums.rows,
      bytes: sums.bytes,
      chunks: sums.chunks,
    }
  );
}

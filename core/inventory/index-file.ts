import type { Run } from '../../contracts/run.js';
import type { InventoryFile } from '../../contracts/manifest.js';
import type { Indexed } from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import type { Ports } from '../ports.js';
import { readRun, runFiles } from '../run-files.js';
import { writeChunkFile, type WriteRows } from './chunk-file.js';
import { newCensus, type Census } from './census.js';
import { withoutDuplicates } from './duplicates.js';
import { openRows, type ExpectedRows } from './expected-rows.js';
import { compareLines, type RowLine, type RowLines } from './row-lines.js';
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
    const rows = await openRows(ports, run, input.file, scratch);
    const write: WriteIndex = (census, fill) => writeIndex(ports, run, input.file, chunkRows, census, fill);
    const sort = (batches: AsyncIterable<RowLines>) => sortRows(batches, scratch);
    return (await indexSorted(run, rows, write)) ?? (await indexUnsorted(run, rows, sort, write));
  } catch (error) {
    if (!(error instanceof BackfillError)) throw error;
    return { kind: 'refused', file: input.file.file, error: error.name, message: error.message };
  } finally {
    await scratch.clear();
  }
}

type WriteIndex = (
  census: Census,
  fill: (write: WriteRows) => Promise<'written' | 'unsorted'>,
) => Promise<Indexed | undefined>;

/** Most files come sorted: then rows go straight through. Undefined, and nothing written, at the first row that is out of order. */
async function indexSorted(run: Run, rows: ExpectedRows, writeIndex: WriteIndex): Promise<Indexed | undefined> {
  const census = newCensus();
  let end: 'written' | 'unsorted' = 'written';
  async function* inOrder(): AsyncGenerator<RowLines> {
    let previous: RowLine | undefined;
    for await (const batch of rows(census)) {
      for (const line of batch.lines) {
        if (previous && compareLines(previous, line) > 0) {
          end = 'unsorted';
          return;
        }
        previous = line;
      }
      yield batch;
    }
  }
  return writeIndex(census, async (write) => {
    for await (const batch of distinct(run, inOrder(), census)) await write(batch);
    return end;
  });
}

async function indexUnsorted(
  run: Run,
  rows: ExpectedRows,
  sort: (batches: AsyncIterable<RowLines>) => AsyncIterable<RowLines>,
  writeIndex: WriteIndex,
): Promise<Indexed> {
  const census = newCensus();
  const indexed = await writeIndex(census, async (write) => {
    for await (const batch of distinct(run, sort(rows(census)), census)) await write(batch);
    return 'written';
  });
  if (!indexed) throw new Error('sorted rows were refused as unsorted');
  return indexed;
}

/** A list that people made may name an object twice. An inventory of S3 has each of its rows counted. */
function distinct({ manifest }: Run, sorted: AsyncIterable<RowLines>, census: Census): AsyncIterable<RowLines> {
  if (manifest.kind !== 'csv') return sorted;
  return withoutDuplicates(sorted, () => void (census.outOfScope.duplicates += 1));
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

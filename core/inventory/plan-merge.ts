import { chunk, type Chunk, type KeyRange } from '../../contracts/chunk.js';
import { LineWriter, readLines } from '../lines.js';
import type { FileStore } from '../ports.js';
import { runFiles } from '../run-files.js';
import { markEntangled } from './interleaving.js';
import { cutRanges } from './ranges.js';

/**
 * Writes what the Map MergeRanges works on: a line for each range, the chunks that it is merged from, and aside those
 * chunks that share no key space with others and stay as they are. Answers how many ranges there are.
 * @param chunks by their first keys
 * @param most how many may begin in one range
 */
export async function planMerge(
  work: FileStore,
  runId: string,
  chunks: AsyncIterable<Chunk>,
  most: number,
): Promise<number> {
  const paths = runFiles(runId);
  const ranges = new LineWriter(work.writer(paths.ranges));
  const kept = new LineWriter(work.writer(paths.kept));
  async function* entangled(): AsyncGenerator<Chunk> {
    for await (const { chunk, entangled } of markEntangled(chunks))
      if (entangled) yield chunk;
      else await kept.write(chunk);
  }
  let count = 0;
  try {
    for await (const { pieces, ...range } of cutRanges(entangled(), most)) {
      // Not in the line: an item of a Map is at most 256 KiB.
      await work.write(paths.pieces(range.range), pieces.map((piece) => `${JSON.stringify(piece)}\n`).join(''));
      await ranges.write(range satisfies KeyRange);
      count += 1;
    }
    await kept.close();
    await ranges.close();
  } finally {
    await kept.abort();
    await ranges.abort();
  }
  return count;
}

/** Chunk lines of files, one file after the other. */
export async function* readChunks(work: FileStore, keys: Iterable<string>): AsyncGenerator<Chunk> {
  for (const key of keys) yield* readLines(work, key, chunk);
}

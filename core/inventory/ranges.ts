import type { Chunk, KeyRange } from '../../contracts/chunk.js';
import { compareKeys } from '../keys.js';

/** A range of keys, and the chunks that have rows in it. */
export interface Range extends KeyRange {
  pieces: Chunk[];
}

/**
 * So many chunks may begin in one range. Of each file one more may reach into it: with as many as there are files no row
 * is read more than about twice. A thousand chunks are ten million rows, which a Lambda sorts in minutes; beyond a thousand
 * files rows are read more often, so that a range stays that small.
 */
export function mostChunks(files: number): number {
  return Math.min(1_000, Math.max(100, files));
}

/**
 * Cuts key space into ranges, at the first keys of chunks, which come in order of these. Every row of the chunks is in
 * exactly one range; the rows of one key are in the same.
 * @param most chunks may begin in a range; more only where they begin with the same key
 */
export async function* cutRanges(chunks: AsyncIterable<Chunk>, most: number): AsyncGenerator<Range> {
  let range = 0;
  let open: { from: string; begun: number; pieces: Chunk[] } | undefined;
  for await (const chunk of chunks) {
    const { first } = chunk;
    if (open && open.begun >= most && compareKeys(open.from, first) < 0) {
      const { from, pieces }: { from: string; pieces: Chunk[] } = open;
      yield { range: range++, from, to: first, pieces };
      open = { from: first, begun: 0, pieces: pieces.filter(({ last }) => compareKeys(last, first) >= 0) };
    }
    open ??= { from: first, begun: 0, pieces: [] };
    open.pieces.push(chunk);
    open.begun += 1;
  }
  if (open) yield { range, from: open.from, pieces: open.pieces };
}

/** Whether a key lies in a range. */
export function isInRange(key: string, { from, to }: KeyRange): boolean {
  return compareKeys(key, from) >= 0 && (to === undefined || compareKeys(key, to) < 0);
}

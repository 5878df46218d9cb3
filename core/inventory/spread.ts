import type { Chunk } from '../../contracts/chunk.js';
import { externalSort } from '../external-sort.js';
import { compareKeys } from '../keys.js';
import { LineWriter } from '../lines.js';
import type { FileStore, Scratch } from '../ports.js';

/** About 100,000 chunk lines at once, which is a billion rows. */
const SORT_MEMORY_BYTES = 96 * 1024 * 1024;

interface Ranked {
  chunk: Chunk;
  rank: number;
}

/**
 * Writes the chunk lines of a pass so that neighbours in time are far apart in key space: S3's request rate is per prefix,
 * and workers that start together would else wait for the same one. Position in key order, its bits reversed, is the rank.
 * Nothing is written where `chunks` throws.
 */
export async function writeSpread(
  work: FileStore,
  key: string,
  chunks: AsyncIterable<Chunk>,
  scratch: Scratch,
): Promise<void> {
  const lines = new LineWriter(work.writer(key));
  try {
    const byRank = externalSort<Ranked>(ranked(sortChunks(chunks, scratch)), {
      ...asLines(scratch),
      weigh: (item) => weighChunk(item.chunk),
      compare: (a, b) => a.rank - b.rank,
    });
    for await (const { chunk } of byRank) await lines.write(chunk);
    await lines.close();
  } finally {
    await lines.abort();
  }
}

/** By first key. Chunks that begin with the same one stay as they came. */
export function sortChunks(chunks: AsyncIterable<Chunk>, scratch: Scratch): AsyncGenerator<Chunk> {
  return externalSort<Chunk>(chunks, {
    ...asLines(scratch),
    weigh: weighChunk,
    compare: (a, b) => compareKeys(a.first, b.first),
  });
}

function asLines(scratch: Scratch) {
  return {
    encode: JSON.stringify,
    decode: (line: string) => JSON.parse(line),
    memory: SORT_MEMORY_BYTES,
    scratch,
  };
}

async function* ranked(chunks: AsyncIterable<Chunk>): AsyncGenerator<Ranked> {
  let position = 0;
  for await (const each of chunks) yield { chunk: each, rank: reverseBits(position++) };
}

/** 0, 1, 2, 3, … become fractions that halve the gaps: 0, 1/2, 1/4, 3/4, … */
function reverseBits(position: number): number {
  let fraction = 0;
  for (let rest = position, unit = 0.5; rest > 0; rest = Math.floor(rest / 2), unit /= 2)
    if (rest % 2 === 1) fraction += unit;
  return fraction;
}

function weighChunk(each: Chunk): number {
  return 600 + 2 * (each.after.length + each.first.length + each.last.length) + 150 * each.segments.length;
}

import type { Chunk } from '../../contracts/chunk.js';
import { compareKeys } from '../keys.js';

/** Keys in one page of a listing. */
const PAGE_KEYS = 1_000;
/** A Map, a child and two calls of Lambda cost $0.0002: as much as these, asked for once to copy and once to verify. */
const FEWEST_LISTINGS = 20;
/** By so much listings grow at least where files interleave. Those that overlap at their borders only come to far less. */
const LEAST_GROWTH = 0.25;

/** How far the chunks of an inventory's files lie within each other. */
export interface Survey {
  /** Chunks that share a part of key space, be it one key, with another one. */
  entangled: number;
  /** About how many pages of the destination's listing the chunks ask for, each by itself, and if none shared any. */
  listings: number;
  leastListings: number;
}

/**
 * Whether merging the files is worth it. A listing is paid by every chunk that asks for it; merging reads and writes each
 * row once more, which costs a tenth of listing it.
 * @param keysMustMeet a key that lies in two chunks has to come into one, whatever it costs
 */
export function mergePays(
  { entangled, listings, leastListings }: Survey,
  { keysMustMeet }: { keysMustMeet: boolean },
): boolean {
  if (keysMustMeet && entangled > 0) return true;
  const more = listings - leastListings;
  return more >= FEWEST_LISTINGS && more > LEAST_GROWTH * leastListings;
}

interface Open {
  chunk: Chunk;
  /** Rows of the chunks that began before it. */
  before: number;
}

/**
 * Looks at chunks that come by their first keys. What lies in a chunk's range is taken to be the rows of the chunks that
 * begin there: some reach beyond it, about as many reach into it. (Of many with the same range it sees half.) Memory grows
 * with the chunks that overlap at one key, of which there is one a file.
 */
export async function surveyChunks(chunks: AsyncIterable<Chunk>): Promise<Survey> {
  const survey: Survey = { entangled: 0, listings: 0, leastListings: 0 };
  /** By last key, the furthest first. */
  const open: Open[] = [];
  let begun = 0;
  const closeBefore = (key: string | undefined) => {
    for (let next = open.at(-1); next && isBefore(next.chunk.last, key); next = open.at(-1)) {
      survey.listings += listingsOf(next.chunk, begun - next.before);
      open.pop();
    }
  };
  for await (const { chunk, entangled } of markEntangled(chunks)) {
    closeBefore(chunk.first);
    open.splice(placeOf(open, chunk.last), 0, { chunk, before: begun });
    begun += chunk.rows;
    if (entangled) survey.entangled += 1;
    survey.leastListings += Math.ceil(chunk.rows / PAGE_KEYS);
  }
  closeBefore(undefined);
  return survey;
}

/** Pages to walk a chunk whose range holds so many keys: never more than a page a row, since gaps are jumped. */
function listingsOf({ rows }: Chunk, keys: number): number {
  return Math.min(rows, Math.ceil(keys / PAGE_KEYS));
}

/** Every key is before the end. */
function isBefore(key: string, other: string | undefined): boolean {
  return other === undefined || compareKeys(key, other) < 0;
}

function placeOf(open: readonly Open[], last: string): number {
  let [from, to] = [0, open.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareKeys(open[middle]?.chunk.last ?? '', last) > 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** Says of each chunk, which come by their first keys, whether it shares a key or more of key space with another one. */
export async function* markEntangled(
  chunks: AsyncIterable<Chunk>,
): AsyncGenerator<{ chunk: Chunk; entangled: boolean }> {
  let held: { chunk: Chunk; entangled: boolean } | undefined;
  /** The furthest last key so far. A chunk that begins before it meets the one that has it, and so does all in between. */
  let reach = '';
  for await (const chunk of chunks) {
    const meets = held !== undefined && compareKeys(chunk.first, reach) <= 0;
    if (held) yield { ...held, entangled: held.entangled || meets };
    if (!held || compareKeys(chunk.last, reach) > 0) reach = chunk.last;
    held = { chunk, entangled: meets };
  }
  if (held) yield held;
}

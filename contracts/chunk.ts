import * as z from 'zod';

/** Gzip members of one file that a range GET fetches. */
export const segment = z.object({
  key: z.string(),
  /** Bytes from the beginning of the file. */
  offset: z.int().min(0),
  /** Bytes. */
  length: z.int().min(1),
});

/** All rows of one key are in one chunk: what a chunk may hold beyond its 10,000 rows is one key's. Five digits name any of its rows. */
export const MOST_CHUNK_ROWS = 100_000;

/** One line of `pass-<p>/chunks.jsonl`: about 10,000 rows, sorted by key in UTF-8 byte order over all segments. */
export const chunk = z.object({
  /** Unique within the run: `<file>-<n>` or, merged, `m<range>-<n>` in the first pass, `p<pass>-<n>` later. Holds no character of a key. */
  id: z.string().regex(/^[a-z0-9.-]+$/),
  rows: z.int().min(1).max(MOST_CHUNK_ROWS),
  /** Sum of the sizes of its objects. */
  bytes: z.number().min(0),
  /** A source key just before `first`: where to start a listing, exclusive. */
  after: z.string(),
  /** First and last source key, inclusive. */
  first: z.string(),
  last: z.string(),
  segments: z.array(segment).min(1).max(100),
});

/** One line of `merge/ranges.jsonl`, an item of the Map MergeRanges: keys from `from` (inclusive) to `to` (exclusive; absent in the last one). */
export const keyRange = z.object({ range: z.int().min(0), from: z.string(), to: z.string().optional() });

export type Segment = z.infer<typeof segment>;
export type Chunk = z.infer<typeof chunk>;
export type KeyRange = z.infer<typeof keyRange>;

import * as z from 'zod';

/**
 * Keys behind `after`, up to and with `until`, in UTF-8 byte order; without `until`, to the end of the source's prefix.
 * `version`: of a listing of versions that ended within a key. It goes on in `after` itself, behind this one of its versions.
 */
export const keySpan = z.object({ after: z.string(), version: z.string().optional(), until: z.string().optional() });
export type KeySpan = z.infer<typeof keySpan>;

/** One line of `rounds/<n>/ranges.jsonl`, an item of the Map ListRanges. The ranges of a round have no key in common. */
export const listingRange = keySpan.extend({
  range: z.int().min(0),
  /** Pages of 1,000 keys after which what is left goes to the next round. */
  pages: z.int().min(1),
  /** Into how many ranges that is split at most. */
  pieces: z.int().min(1),
});
export type ListingRange = z.infer<typeof listingRange>;

/** `rounds/<n>/<range>.json`: what a child of ListRanges found. Whoever writes it first is believed. */
export const listedRange = z.object({
  range: z.int().min(0),
  rows: z.int().min(0),
  /** A data file of the inventory, where there were rows; `first` is its first key. */
  file: z.object({ key: z.string(), size: z.int(), md5: z.string(), first: z.string() }).optional(),
  /** What is left of the range. */
  rest: z.array(keySpan),
});
export type ListedRange = z.infer<typeof listedRange>;

/** `listings/<pair>.json`: the listing that a run of the pair began last. */
export const begunListing = z.object({
  /** Where its files are in the work bucket, with a closing slash. */
  folder: z.string(),
  bucket: z.string(),
  prefix: z.string(),
  /** As of which time it lists, milliseconds since the epoch; undefined where it lists what is there. */
  asOf: z.int().optional(),
  /** Milliseconds since the epoch. */
  createdAt: z.int(),
});
export type BegunListing = z.infer<typeof begunListing>;

import type { KeySpan, ListingRange } from '../../../contracts/listing.js';

/**
 * Pages that a range may take in the first round, the second, and later ones, before what is left of it is split. The first
 * are few: a small bucket is listed by one call, and a large one is soon in many hands. 2,000 take S3 about five minutes;
 * a call that has less time ends where it is.
 */
const PAGES = [20, 200, 2_000];
/** A split into more would cost more probes than the first round has pages. */
const PIECES = [32, 64];
/** Ranges to a worker, so that those that are done soon leave no one idle. */
const RANGES_PER_WORKER = 4;
/** Answers of a round that GatherListing reads one by one; more only where each range is still split in two. */
const MOST_RANGES = 4_096;

/** The ranges of a round, in key order. @param workers at once; one alone has no use for pieces */
export function planRound(round: number, spans: readonly KeySpan[], workers: number): ListingRange[] {
  const pages = PAGES[Math.min(round, PAGES.length) - 1] ?? 1;
  const mostPieces = PIECES[Math.min(round, PIECES.length) - 1] ?? 1;
  const share = Math.max(2, Math.floor(MOST_RANGES / spans.length));
  const pieces = workers === 1 ? 1 : Math.min(mostPieces, workers * RANGES_PER_WORKER, share);
  return spans.map((span, range) => ({ ...span, range, pages, pieces }));
}

import { describe, expect, it } from '@jest/globals';
import { planRound } from '../../../../core/inventory/listing/plan-round.js';

const spans = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ after: String(index).padStart(5, '0') }));

describe('A round of a listing is planned', () => {
  it.each([
    { round: 1, ranges: 1, workers: 50, pages: 20, pieces: 32 },
    { round: 2, ranges: 32, workers: 50, pages: 200, pieces: 64 },
    { round: 3, ranges: 2_048, workers: 50, pages: 2_000, pieces: 2 },
    { round: 9, ranges: 10_000, workers: 50, pages: 2_000, pieces: 2 },
    { round: 1, ranges: 1, workers: 2, pages: 20, pieces: 8 },
    { round: 4, ranges: 1, workers: 1, pages: 2_000, pieces: 1 },
  ])(
    '$round of $ranges ranges for $workers workers: $pages pages each, then $pieces pieces',
    ({ round, ranges, workers, pages, pieces }) => {
      const planned = planRound(round, spans(ranges), workers);
      expect(planned.map(({ range }) => range)).toEqual(planned.map((_, index) => index));
      expect(planned).toHaveLength(ranges);
      for (const range of planned) expect(range).toMatchObject({ pages, pieces });
    },
  );
});

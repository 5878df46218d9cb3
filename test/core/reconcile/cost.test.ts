import { describe, expect, it } from '@jest/globals';
import { costOf } from '../../../core/reconcile/cost.js';

describe('About what a reconciliation cost', () => {
  it.each([
    ['nothing', { queries: 0, scannedBytes: 0, copied: 0, listed: 0 }, 0],
    ['two small queries, of 10 MB at least each', { queries: 2, scannedBytes: 9, copied: 0, listed: 0 }, 0.0001],
    ['a terabyte', { queries: 1, scannedBytes: 1e12, copied: 0, listed: 0 }, 5],
    ['a thousand copies and a page of a list', { queries: 0, scannedBytes: 0, copied: 1_000, listed: 1 }, 0.005005],
    ['a listing of a billion', { queries: 0, scannedBytes: 0, copied: 0, listed: 1e9 }, 5],
  ])('%s', (_, of, usd) => {
    expect(costOf(of)).toBe(usd);
  });
});

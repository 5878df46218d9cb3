import { describe, expect, it } from '@jest/globals';
import { reportRunInput } from '../../contracts/states.js';

describe('A run’s id is its execution’s name', () => {
  it.each(['run-1', 'a', 'A_b.c', 'x'.repeat(80), 'läuft', '2026-01-31T00.00'])('%j is one', (runId) => {
    expect(reportRunInput.safeParse({ runId, pass: 1 }).success).toBe(true);
  });

  // It is part of the names of files: none of these may be.
  it.each(['', 'x'.repeat(81), 'a/b', '../b', 'a b', 'a\nb', 'a:b', 'a#b', 'a?b', 'a%2Fb', 'a"b', 'a\\b'])(
    '%j is none',
    (runId) => {
      expect(reportRunInput.safeParse({ runId, pass: 1 }).success).toBe(false);
    },
  );
});

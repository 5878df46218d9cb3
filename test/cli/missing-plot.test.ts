import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { missingPlot, sparkline } from '../../cli/print/missing-plot.js';

describe('What was missing over time', () => {
  it.each<[title: string, counts: (number | undefined)[], line: string]>([
    ['nothing ever', [0, 0, 0], '···'],
    ['one object is seen beside none', [0, 1, 0], '·█·'],
    ['eight heights', [1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇█'],
    ['one of a billion is not none', [1, 1_000_000_000, 0], '▁█·'],
    ['just over half is over half', [500, 501, 1_000], '▄▅█'],
    ['a day without an answer is not zero', [undefined, 0, 42], '?·█'],
    ['no answers at all', [undefined, undefined], '??'],
    ['no days at all', [], ''],
  ])('%s', (_, counts, line) => {
    expect(sparkline(counts)).toBe(line);
  });

  it('has a character a day, the highest of the largest, and only zeros look like none', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(), { nil: undefined }), { minLength: 1 }), (counts) => {
        const drawn = Array.from(sparkline(counts));
        expect(drawn).toHaveLength(counts.length);
        for (const [index, count] of counts.entries()) {
          expect(drawn[index] === '·').toBe(count === 0);
          expect(drawn[index] === '?').toBe(count === undefined);
        }
        const largest = Math.max(...counts.map((count) => count ?? 0));
        if (largest > 0) expect(drawn[counts.indexOf(largest)]).toBe('█');
      }),
    );
  });

  const day = (day: string, missing: number, status: 'InSync' | 'Repaired' | 'Failed' = 'InSync') => ({
    day,
    status,
    missing,
    counts: undefined,
  });
  it.each<[title: string, points: ReturnType<typeof day>[], lines: string[]]>([
    ['nothing yet', [], []],
    ['one day', [day('2026-01-31', 0)], ['missing  ·  2026-01-31', '         · nothing missing']],
    [
      'the days it is about, the largest and its first day',
      [
        day('2026-01-30', 0),
        day('2026-01-31', 1_234, 'Repaired'),
        day('2026-02-01', 0, 'Failed'),
        day('2026-02-02', 1_234, 'Repaired'),
      ],
      [
        'missing  ·█?█  2026-01-30 to 2026-02-02, at most 1,234 on 2026-01-31',
        '         · nothing missing, █ 1,234, ? no answer',
      ],
    ],
  ])('tells %s', (_, points, lines) => {
    expect(missingPlot(points)).toEqual(lines);
  });
});

import type { Reconciliation } from '../../contracts/reconciliation.js';

const NONE = '·';
const NO_ANSWER = '?';
const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** What of a line of the history is drawn. */
type Point = Pick<Reconciliation, 'day' | 'status' | 'missing' | 'counts'>;

/** What was missing over time, a character a reconciliation, oldest first; undefined counts are days without an answer. */
export function missingPlot(points: readonly Point[]): string[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return [];
  const counts = points.map(missingOf);
  const largest = Math.max(...counts.map((count) => count ?? 0));
  const days = first.day === last.day ? first.day : `${first.day} to ${last.day}`;
  const top = points.find((point) => missingOf(point) === largest);
  return [
    `missing  ${sparkline(counts)}  ${days}${largest > 0 && top ? `, at most ${largest.toLocaleString('en')} on ${top.day}` : ''}`,
    `         ${legend(counts, largest)}`,
  ];
}

/** How many objects were missing; undefined where the reconciliation ended before it could tell. */
export function missingOf({ status, missing, counts }: Omit<Point, 'day'>): number | undefined {
  return status === 'Failed' && !counts ? undefined : missing;
}

/** A character a count, scaled to the largest: none at all looks like nothing else, and one is always seen. */
export function sparkline(counts: readonly (number | undefined)[]): string {
  const largest = Math.max(...counts.map((count) => count ?? 0));
  return counts
    .map((count) => {
      if (count === undefined) return NO_ANSWER;
      return count === 0 ? NONE : BLOCKS[Math.ceil((count / largest) * BLOCKS.length) - 1];
    })
    .join('');
}

function legend(counts: readonly (number | undefined)[], largest: number): string {
  const words = [
    ...(counts.includes(0) ? [`${NONE} nothing missing`] : []),
    ...(largest > 0 ? [`█ ${largest.toLocaleString('en')}`] : []),
    ...(counts.includes(undefined) ? [`${NO_ANSWER} no answer`] : []),
  ];
  return words.join(', ');
}

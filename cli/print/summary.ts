import type { Failure } from '../../contracts/failure.js';
import type { Summary } from '../../contracts/tally.js';
import { rowsOutOfScope } from '../../core/inventory/census.js';

const number = (value: number) => value.toLocaleString('en');

/** The counts of a run, each sum on a line of its own so that it can be checked by eye. */
export function summaryLines(summary: Summary): string[] {
  const { outOfScope, verified, evidence, wouldCopy } = summary;
  const out = rowsOutOfScope(outOfScope);
  const proved = verified.identical + verified.copied;
  const lines = [
    `manifest rows  ${number(summary.manifestRows)} = ${number(out)} out of scope + ${number(summary.expected)} expected`,
    `expected       ${number(summary.expected)} = ${number(proved)} verified + ${number(summary.gone)} gone + ${number(summary.archived)} archived + ${number(summary.failed)} failed${wouldCopy ? ` + ${number(wouldCopy.objects)} to copy` : ''}`,
    `verified       ${number(proved)} = ${number(verified.identical)} identical + ${number(verified.copied)} copied`,
    `proved by      ${number(proved)} = ${Object.entries(evidence)
      .map(([name, rows]) => `${number(rows)} ${name}`)
      .join(' + ')}`,
    `drift          ${number(summary.drift)} replaced at the source since the inventory`,
    `bytes copied   ${number(summary.bytesCopied)} in ${summary.passes} ${summary.passes === 1 ? 'pass' : 'passes'}`,
  ];
  if (out > 0)
    lines.splice(
      1,
      0,
      `out of scope   ${number(out)} = ${number(outOfScope.deleteMarkers)} delete markers + ${number(outOfScope.noncurrent)} noncurrent + ${number(outOfScope.filtered)} filtered + ${number(outOfScope.duplicates)} duplicates`,
    );
  if (summary.fence)
    lines.push(
      `fence          ${summary.fence.name}: ${number(summary.fence.heldBack)} of the failed are only held back, and nothing is wrong with them`,
    );
  if (wouldCopy) lines.push(`would copy     ${number(wouldCopy.objects)} objects, ${number(wouldCopy.bytes)} bytes`);
  return lines;
}

export interface CauseCount {
  cause: string;
  status: Failure['status'];
  rows: number;
  remedy: string;
  /** The later run that made them good, where one did. */
  resolvedBy?: string | undefined;
}

/** What the failure table holds, by cause, status and who made it good, most rows first. */
export function countCauses(failures: readonly Failure[]): CauseCount[] {
  const counts = new Map<string, CauseCount>();
  for (const { cause, status, remedy, resolvedBy } of failures) {
    const id = `${status} ${cause} ${resolvedBy}`;
    const known = counts.get(id) ?? { cause, status, remedy, resolvedBy, rows: 0 };
    counts.set(id, { ...known, rows: known.rows + 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.rows - a.rows);
}

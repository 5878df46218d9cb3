import { metric, type Metric } from '../../contracts/metrics.js';
import type { Summary } from '../../contracts/tally.js';

/**
 * The metrics of a run that ended; none of a dry run, which changed nothing. What only the whole pair can say, only a run
 * of the whole pair says: a part that is verified does not make the daily proof.
 * @param now milliseconds since the epoch
 */
export function runMetrics(summary: Summary, now: number): Metric[] {
  if (summary.status === 'DryRun') return [];
  const { identical, copied } = summary.verified;
  const seconds = Math.max(1, (now - Date.parse(summary.startedAt)) / 1000);
  return [
    metric('ObjectsCopied', copied),
    metric('BytesCopied', summary.bytesCopied),
    metric('ObjectsListed', summary.expected),
    // What a fence has held back has not failed.
    metric('ObjectsFailed', summary.failed - (summary.fence?.heldBack ?? 0)),
    metric('RunsIncomplete', summary.status === 'VerificationIncomplete' ? 1 : 0),
    ...(summary.status === 'StoppedByFence' ? [metric('StoppedByFence', 1)] : []),
    metric('ObjectsPerSecond', summary.expected / seconds),
    ...(summary.scope === 'pair'
      ? [
          metric('ObjectsExpected', summary.expected),
          metric('ObjectsVerified', identical + copied),
          metric('RunsVerified', summary.status === 'Verified' && !isOfNothing(summary) ? 1 : 0),
        ]
      : []),
  ];
}

/** A prefix that no object has, say: such a run proves nothing, and the alarm NoVerifiedRun is to be told so. */
function isOfNothing({ expected, manifestRows }: Summary): boolean {
  return expected === 0 && manifestRows > 0;
}

import { metric, type Metric } from '../../contracts/metrics.js';
import type { Reconciliation } from '../../contracts/reconciliation.js';

/**
 * The metrics of a day: what was missing before its repair and after it. Where no run of the whole pair said what the pair
 * stands at, the reconciliation does; none of a dry run, which changed nothing.
 */
export function dayMetrics(line: Reconciliation): Metric[] {
  const { status, scope, way, expected, verified, missing, missingAfterRepair, heldBack = 0 } = line;
  // Without an answer there is nothing to count; the execution fails, which has an alarm of its own.
  if (status === 'DryRun' || status === 'Failed') return [];
  const isOfPair = scope === 'pair' && way !== 'whole';
  const isProved = status === 'InSync' || status === 'Repaired';
  return [
    metric('ObjectsMissing', missing),
    // What a fence has held back is brought over by a later run; no alarm is to ring for it.
    metric('ObjectsMissingAfterRepair', Math.max(0, missingAfterRepair - heldBack)),
    ...(status === 'StoppedByFence' ? [metric('StoppedByFence', 1)] : []),
    ...(isOfPair
      ? [
          metric('ObjectsExpected', expected),
          metric('ObjectsVerified', verified),
          metric('RunsVerified', isProved && expected > 0 ? 1 : 0),
        ]
      : []),
  ];
}

import { metricUnits, type Metric, type MetricName } from '../../contracts/metrics.js';
import type { Reconciliation } from '../../contracts/reconciliation.js';

/**
 * The metrics of a day: what was missing before its repair and after it. Where no run of the whole pair said what the pair
 * stands at, the reconciliation does; none of a dry run, which changed nothing.
 */
export function dayMetrics(line: Reconciliation): Metric[] {
  const { status, scope, way, expected, verified, missing, missingAfterRepair } = line;
  if (status === 'DryRun') return [];
  if (status === 'Failed') return [metric('ReconciliationsFailed', 1)];
  const isOfPair = scope === 'pair' && way !== 'whole';
  const isProved = status === 'InSync' || status === 'Repaired';
  return [
    metric('ReconciliationsFailed', 0),
    metric('ObjectsMissing', missing),
    metric('ObjectsMissingAfterRepair', missingAfterRepair),
    ...(isOfPair
      ? [
          metric('ObjectsExpected', expected),
          metric('ObjectsVerified', verified),
          metric('RunsVerified', isProved && expected > 0 ? 1 : 0),
        ]
      : []),
  ];
}

function metric(name: MetricName, value: number): Metric {
  return { name, unit: metricUnits[name], value };
}

import { Duration } from 'aws-cdk-lib';
import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { METRICS_NAMESPACE, type MetricName } from '../contracts/metrics.js';

/** A metric of a pair, as ReportRun publishes it. */
export function pairMetric(pair: string, metricName: MetricName, period: Duration, statistic = Stats.SUM): Metric {
  return new Metric({ namespace: METRICS_NAMESPACE, metricName, dimensionsMap: { pair }, period, statistic });
}

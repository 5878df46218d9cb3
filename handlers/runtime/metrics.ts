import { Metrics } from '@aws-lambda-powertools/metrics';
import { METRICS_NAMESPACE, type Metric } from '../../contracts/metrics.js';

/**
 * Publishes metrics through the log, as CloudWatch's embedded metric format. Their one dimension is the pair: a dimension
 * for each chunk would cost $30,000 a billion objects.
 */
export function publish(pair: string, metrics: readonly Metric[]): void {
  if (metrics.length === 0) return;
  const log = new Metrics({ namespace: METRICS_NAMESPACE });
  // It begins with a dimension `service`; alarms that ask for `pair` alone would never see a value.
  log.clearDefaultDimensions();
  log.setDefaultDimensions({ pair });
  for (const { name, unit, value } of metrics) log.addMetric(name, unit, value);
  log.publishStoredMetrics();
}

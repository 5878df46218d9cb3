/** Metrics of a pair in CloudWatch, dimension `pair`. ReportRun publishes them; alarms and dashboard read them. */
export const METRICS_NAMESPACE = 's3-backfill';

export const metricUnits = {
  /** Of every run but a dry one. */
  ObjectsCopied: 'Count',
  BytesCopied: 'Bytes',
  ObjectsFailed: 'Count',
  /** Looked for by listing: those that Athena has compared are not. */
  ObjectsListed: 'Count',
  /** Runs that ended VerificationIncomplete. */
  RunsIncomplete: 'Count',
  /** Runs and reconciliations that a fence has ended, and nothing else. */
  StoppedByFence: 'Count',
  /** Objects that were compared, by second of the run. */
  ObjectsPerSecond: 'Count/Second',
  /** Of runs of the whole pair, unfiltered: what the pair stands at. */
  ObjectsExpected: 'Count',
  ObjectsVerified: 'Count',
  RunsVerified: 'Count',
  /** Of the daily reconciliation: before its repair, and after it. */
  ObjectsMissing: 'Count',
  ObjectsMissingAfterRepair: 'Count',
  /** Of a live copy by events. */
  LiveObjectsCopied: 'Count',
  LiveBytesCopied: 'Bytes',
  LiveObjectsDeleted: 'Count',
  /** From an event to the look at its key. */
  LiveSecondsBehind: 'Seconds',
} as const satisfies Record<string, 'Count' | 'Bytes' | 'Count/Second' | 'Seconds'>;

export type MetricName = keyof typeof metricUnits;

/** A value in the unit of its metric. */
export function metric(name: MetricName, value: number): Metric {
  return { name, unit: metricUnits[name], value };
}

export interface Metric {
  name: MetricName;
  unit: (typeof metricUnits)[MetricName];
  value: number;
}

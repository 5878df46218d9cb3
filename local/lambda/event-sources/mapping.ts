/** What makes Lambda invoke a function with the messages of a queue. */
export interface Mapping {
  readonly uuid: string;
  readonly arn: string;
  readonly queueArn: string;
  settings: MappingSettings;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /** What became of the last batch, where that was a problem. */
  problem?: string | undefined;
}

export interface MappingSettings {
  /** As it was named: with a version, where one was. */
  functionArn: string;
  enabled: boolean;
  batchSize: number;
  /** Seconds. */
  batchingWindow: number;
  reportsBatchItemFailures: boolean;
  /** Invocations at a time. */
  maximumConcurrency?: number | undefined;
}

/** Step Functions' quotas that a definition or its data can run into (Developer Guide, "Quotas"). */
export const limits = {
  /** UTF-8 bytes of any input, output, result or set of assigned variables: 256 KiB. */
  payloadBytes: 262_144,
  /** Events of one execution's history, the closing event included. */
  historyEvents: 25_000,
  /** Children of one Map Run under way at once, where MaxConcurrency is 0 or absent. */
  mapRunConcurrency: 10_000,
  /** Iterations of an inline Map under way at once, where MaxConcurrency is 0 or absent. */
  inlineMapConcurrency: 40,
  /** UTF-8 bytes of a definition: 1 MiB. */
  definitionBytes: 1_048_576,
  /** Characters of a machine's or an execution's name. */
  nameLength: 80,
  /** Tags of one resource. */
  tags: 50,
  /** Seconds that a Wait or a timeout may last (about 3 years); more is refused. */
  seconds: 99_999_999,
  /** Seconds of the largest MaxDelaySeconds, 366 days: no retry waits longer. */
  retryDelaySeconds: 31_622_400,
} as const;

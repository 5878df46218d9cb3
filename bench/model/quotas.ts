/** What AWS allows by default, in US East (N. Virginia). */
export const quotas = {
  /** https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html; hard. */
  mapChildren: 10_000,
  openMapRuns: 1_000,
  historyEvents: 25_000,
  payloadBytes: 256 * 1024,
  executionSeconds: 365 * 86_400,
  /** Refill of the token bucket, a second; can be raised. */
  transitionsPerSecond: 5_000,
  /**
   * Standard children that a Map Run starts in a second: said of the same page in September 2026 by a reader of it; the copy
   * that is stored here has no such row.
   */
  childrenPerSecond: 100,
  /** Step Functions Developer Guide, ItemReader: known, no copy is stored here. */
  itemFileBytes: 10 * 1024 ** 3,
  mapItems: 100_000_000,
  /** https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html; can be raised. */
  lambdaConcurrency: 1_000,
  /** https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html: execution environments of one function, and how often. */
  lambdaBurst: { environments: 1_000, seconds: 10 },
  lambdaSeconds: 900,
  scratchBytes: 512 * 1024 ** 2,
  /** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
  memoryMbOfOneCpu: 1_769,
  /** Of one partition of S3's key space, which a prefix has to itself once S3 has split it (30 to 60 minutes of load). */
  s3WritesPerSecond: 3_500,
  s3ReadsPerSecond: 5_500,
  /** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput-scenarios.html: of one partition, and so of one item. */
  itemWritesPerSecond: 1_000,
  /** https://aws.amazon.com/blogs/storage/accelerating-amazon-s3-batch-operations-at-scale-with-on-demand-manifest-generation */
  batchObjects: 20e9,
} as const;

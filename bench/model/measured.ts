import { MOST_IN_FLIGHT } from '../../core/copy/pace/turns.js';

/** Requests of one call. */
export interface Requests {
  list: number;
  copy: number;
  get: number;
  put: number;
  tableReads: number;
  tableWrites: number;
}

/**
 * What was measured on one x86 core of this project's build machine, and is taken for a core of Lambda. This is the one place
 * to bring up to date: `npx tsx bench/model-measure.ts 100000` and `npx tsx bench/model-states.ts 2000000 250` print it.
 */
export const measured = {
  /** `npx tsx bench/model-measure.ts`: microseconds of CPU a row, plain HTTP. */
  cpu: { indexRow: 8, copiedRow: 316, identicalRow: 13, verifiedCopiedRow: 25, verifiedIdenticalRow: 7 },
  /** The same: requests of one call, for a chunk of 10,000 rows. */
  requests: {
    IndexFile: { list: 0, copy: 0, get: 2, put: 2, tableReads: 0, tableWrites: 0 },
    copying: {
      CopyChunk: { list: 2, copy: 10_000, get: 2, put: 10, tableReads: 1, tableWrites: 10 },
      VerifyChunk: { list: 11, copy: 0, get: 12, put: 1, tableReads: 1, tableWrites: 0 },
    },
    reconciling: {
      CopyChunk: { list: 11, copy: 0, get: 2, put: 1, tableReads: 1, tableWrites: 1 },
      VerifyChunk: { list: 1, copy: 0, get: 3, put: 1, tableReads: 1, tableWrites: 0 },
    },
  } satisfies {
    IndexFile: Requests;
    copying: Record<'CopyChunk' | 'VerifyChunk', Requests>;
    reconciling: Record<'CopyChunk' | 'VerifyChunk', Requests>;
  },
  /** The same: bytes of the work bucket. Keys differ in length and likeness: yours may take twice as much. */
  bytes: { indexRow: 23, attemptsRow: 22, reportRow: 3, chunkLine: 450, chunkAnswer: 700 },
  /**
   * `npx tsx bench/model-states.ts 2000000 250`: microseconds of CPU a chunk; what is held of all chunks, beside 130 MB of
   * the process; and /tmp.
   */
  states: {
    PlanPass: { cpu: 88, heldBytes: 0, scratchBytes: 70 },
    TallyPass: { cpu: 30, heldBytes: 97, scratchBytes: 0 },
    /** With one owed row in each chunk. */
    TallyPassOwing: { cpu: 79, heldBytes: 135, scratchBytes: 12 },
    ReportRun: { cpu: 6, heldBytes: 0, scratchBytes: 0 },
  },
} as const;

/** What cannot be measured here. */
export const assumed = {
  /**
   * Seconds of one CopyObject of a small object: the lower end of AWS's "roughly 100–200 milliseconds"
   * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html). The tables show what 20 to 200 ms make of it.
   */
  copySeconds: 0.1,
  /** GET and PUT of a small object, a page of a listing, a request of DynamoDB, in seconds. */
  smallSeconds: 0.05,
  listSeconds: 0.1,
  tableSeconds: 0.01,
  /** CPU that TLS adds to a request, in microseconds: what two clients of ours took more than over plain HTTP. */
  tlsCpu: 40,
  /** Rows in a data file of an inventory. S3 does not say how many it puts in one. */
  rowsPerFile: 2_500_000,
  /** Bytes of a log line: of Step Functions for one event without its data, and what a Lambda call logs in all. */
  eventLogBytes: 600,
  callLogBytes: 1_500,
} as const;

/** As the core has them: a test holds them together where it can. */
export const design = {
  chunkRows: 10_000,
  /** Copies in flight in one worker, once it has begun. */
  inFlight: MOST_IN_FLIGHT,
  /** Objects between two files of attempts, before which all copies in flight end: core/copy/copy-chunk.ts. */
  attemptsEvery: 1_000,
  /** Seconds before its deadline that a worker stops. */
  margin: 120,
  /** Days that the files of a run are kept: infra/storage.ts. */
  runsKeptDays: 400,
} as const;

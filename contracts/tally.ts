import * as z from 'zod';
import { segment } from './chunk.js';
import { fenceName } from './fence.js';
import { proofsFile } from './proof.js';

const count = z.int().min(0);
/** Sums of bytes go beyond 2^53 at nine petabytes, and are then rounded. */
const byteSum = z.number().min(0);

export const evidenceCounts = z.object({ etag: count, checksum: count, copied: count, sizeAndTime: count });

/** Settled rows by outcome, and the owed ones by cause. Sums over chunks, and over passes except `owed` and `causes`. */
export const counts = z.object({
  identical: count,
  copied: count,
  gone: count,
  archived: count,
  wouldCopy: count,
  wouldCopyBytes: byteSum,
  /** Of these, what S3 has to restore first, as its class tells. */
  wouldRestore: count.default(0),
  wouldRestoreBytes: byteSum.default(0),
  /** And what is left as it is, since the destination has something newer. */
  wouldLeave: count.default(0),
  wouldLeaveBytes: byteSum.default(0),
  /** Beside the sums: rows whose source was replaced after the inventory was taken. */
  drift: count,
  evidence: evidenceCounts,
  bytesCopied: byteSum,
  owed: count,
  /** Owed rows by cause. */
  causes: z.record(z.string(), count),
});
export type Counts = z.infer<typeof counts>;

/** Rows out of scope, each counted under the first that fits. `duplicates`: further rows of a key in a CSV manifest. */
export const outOfScope = z.object({
  deleteMarkers: count,
  noncurrent: count,
  filtered: count,
  duplicates: count.default(0),
});
export type OutOfScope = z.infer<typeof outOfScope>;

/** What IndexFile says of one inventory file. A corrupt file is an outcome, which PlanPass raises by name. */
export const indexed = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('indexed'),
    file: count,
    rows: count,
    outOfScope,
    expected: count,
    bytes: byteSum,
    chunks: count,
  }),
  z.object({ kind: z.literal('refused'), file: count, error: z.string(), message: z.string() }),
]);
export type Indexed = z.infer<typeof indexed>;

/** What MergeRange says of one range. */
export const merged = z.object({
  range: count,
  rows: count,
  duplicates: count.default(0),
  bytes: byteSum,
  chunks: count,
});
export type Merged = z.infer<typeof merged>;

/** `plan.json`: what the run has to account for; `merge/plan.json`: the same while duplicates may still be found. */
export const plan = z.object({ manifestRows: count, outOfScope, expected: count, bytes: byteSum, chunks: count });
export type Plan = z.infer<typeof plan>;

/** Owed rows in one gzip member: a piece of the next pass. */
export const owedPiece = z.object({
  segment,
  rows: z.int().min(1),
  bytes: byteSum,
  first: z.string(),
  last: z.string(),
});
export type OwedPiece = z.infer<typeof owedPiece>;

/** One line of `pass-<p>/owed.jsonl`: what a pass owes of one of its chunks, and why. */
export const owedChunk = z.object({
  rows: z.int().min(1),
  first: z.string(),
  segments: z.array(segment).min(1).max(100),
  /** Rows by cause. */
  causes: z.record(z.string(), count),
  /** Key of their report rows, one for each and in their order; absent for a chunk without an answer, whose rows have one cause. */
  report: z.string().optional(),
});
export type OwedChunk = z.infer<typeof owedChunk>;

/** One file of the completion report, all of its rows of one status. */
export const reportFile = z.object({
  key: z.string(),
  md5: z.string(),
  status: z.enum(['succeeded', 'failed']),
  rows: count,
});
export type ReportFile = z.infer<typeof reportFile>;

/** What VerifyChunk answers. `report` names the files of settled rows; `owedReport` the rows as they stand should no pass follow. */
export const verified = z.object({
  chunk: z.string(),
  counts,
  owed: z.array(owedPiece),
  report: z.array(reportFile),
  owedReport: z.array(reportFile),
  proofs: z.array(proofsFile),
});
export type Verified = z.infer<typeof verified>;

/** `pass-<p>/tally.json`: the sums after a pass. `owed` and `causes` are this pass's, all else is the run's so far. */
export const tally = z.object({
  pass: z.int().min(1),
  /** `wait`: another pass, which counts for none, when S3 may have restored what was asked for. */
  decision: z.enum(['done', 'again', 'wait', 'giveUp']),
  why: z.string(),
  totals: counts,
  /** How many chunks of this pass gave no answer: all their rows are owed. */
  unanswered: count,
  /** How many passes so far, this one included, only asked whether objects are restored. */
  waits: count,
  /** The fence that ended the run with rows owed. */
  fence: fenceName.optional(),
});
export type Tally = z.infer<typeof tally>;

/** Where a reader goes on from a run's output or cause. */
export const runLinks = z.object({
  /** `s3://` address of the completion report's manifest.json. */
  report: z.string(),
  /** The command that lists the failures, and the same for whoever has only the `aws` command. */
  failures: z.string(),
  query: z.string(),
  /** The command that starts a run of what failed, and the input of one for the console; where something did. */
  redrive: z.string().optional(),
  redriveInput: z.string().optional(),
  /** The pair's dashboard, where it is deployed on AWS. */
  dashboard: z.string().optional(),
});
export type RunLinks = z.infer<typeof runLinks>;

/** `summary.json`, and the output of an execution. */
export const summary = z.object({
  /** One sentence. */
  message: z.string(),
  runId: z.string(),
  pair: z.string(),
  /** `pair`: all that the pair is, unfiltered. */
  scope: z.enum(['pair', 'part']),
  /** ISO 8601. */
  startedAt: z.string(),
  status: z.enum(['Verified', 'VerificationIncomplete', 'StoppedByFence', 'DryRun']),
  manifestRows: count,
  outOfScope,
  expected: count,
  verified: z.object({ identical: count, copied: count }),
  gone: count,
  archived: count,
  failed: count,
  drift: count,
  evidence: evidenceCounts,
  bytesCopied: byteSum,
  passes: count,
  wouldCopy: z
    .object({
      objects: count,
      bytes: byteSum,
      /** Of these, what has to be restored first, and what is left as it is, since the destination has something newer. */
      archived: z.object({ objects: count, bytes: byteSum }).optional(),
      newer: z.object({ objects: count, bytes: byteSum }).optional(),
    })
    .optional(),
  /** Which one ended the run, and of how many of the failed rows it is the reason: nothing else is wrong with them. */
  fence: z.object({ name: fenceName, heldBack: count }).optional(),
  links: runLinks,
});
export type Summary = z.infer<typeof summary>;

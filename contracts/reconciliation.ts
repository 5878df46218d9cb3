import * as z from 'zod';
import { evidenceCounts } from './tally.js';

const count = z.int().min(0);
/** Sums of bytes go beyond 2^53 at nine petabytes, and are then rounded. */
const byteSum = z.number().min(0);

/** Something that is said plainly of a reconciliation: an inventory that is late, and what was done instead. */
export const note = z.object({
  name: z.enum([
    'InventoryStale',
    'InventoryUnusable',
    'InventoryUnlike',
    'InventoryRepeats',
    'InventoryEmpty',
    'NoDestinationInventory',
    'AllVersions',
    'FiltersTooLong',
    'ProofIsWeak',
    'MuchDiffers',
  ]),
  message: z.string(),
});
export type Note = z.infer<typeof note>;

/** A delivery, and when it was taken (ISO 8601). */
export const takenInventory = z.object({ address: z.string(), takenAt: z.iso.datetime() });

/** What Athena counts: see queries/reconcile/count.sql. `newer` are of the missing and different ones, and not judged. */
export const differenceCounts = z.object({
  sourceRows: count,
  destinationRows: count,
  byEtag: count,
  bySizeAndTime: count,
  missing: count,
  different: count,
  onlyAtDestination: count,
  newer: count,
  matchedBytes: byteSum,
  differingBytes: byteSum,
});
export type DifferenceCounts = z.infer<typeof differenceCounts>;

/** What FindInventories answers. */
export const foundInventories = z.object({
  /** The day that the schedule meant, `YYYY-MM-DD` in UTC. */
  day: z.iso.date(),
  scope: z.enum(['pair', 'part']),
  dryRun: z.boolean(),
  /** `strong`: size and time are not enough. */
  proof: z.enum(['listing', 'strong']),
  /** `compare`: Athena can tell the difference; `whole`: the run compares the whole inventory with a listing. */
  way: z.enum(['compare', 'whole']),
  notes: z.array(note),
  source: takenInventory,
  destination: takenInventory.optional(),
  /** Input of the run, should there be one of the whole inventory. */
  backfill: z.record(z.string(), z.unknown()),
  /** Where Athena compares: ExecutionParameters of both queries, and the one that each asks the time by. */
  parameters: z.object({ common: z.array(z.string()), judgedBefore: z.string() }).optional(),
  /** Percent. */
  maxDifference: z.number(),
});
export type FoundInventories = z.infer<typeof foundInventories>;

/** What CheckQuery makes of the counts. `next`: a run of the rows that differ, one of the whole inventory, or none. */
export const counted = z.object({
  counts: differenceCounts,
  next: z.enum(['record', 'difference', 'backfill']),
  notes: z.array(note),
});
export type Counted = z.infer<typeof counted>;

export const reconcileQuery = z.enum(['count', 'difference']);
export type ReconcileQuery = z.infer<typeof reconcileQuery>;

/** One line of the history: a pair, a day. Counts are of objects. */
export const reconciliation = z.object({
  pair: z.string(),
  /** When its execution began, ISO 8601, and its name: together they are the sort key. */
  startedAt: z.iso.datetime({ offset: true }),
  execution: z.string(),
  day: z.iso.date(),
  /**
   * `InSync`: nothing had to be brought over. `Repaired`: all that was missing is there now, but for what is gone or archived.
   * `StoppedByFence`: a fence ended the repair before its end. `Failed`: there is no answer.
   */
  status: z.enum(['InSync', 'Repaired', 'Incomplete', 'StoppedByFence', 'DryRun', 'Failed']),
  scope: z.enum(['pair', 'part']).optional(),
  way: z.enum(['compare', 'difference', 'whole']).optional(),
  notes: z.array(note),
  inventories: z.object({ source: takenInventory, destination: takenInventory.optional() }).optional(),
  counts: differenceCounts.optional(),
  /** Missing or different before the repair, brought over by it, and still missing after it. */
  missing: count,
  repaired: count,
  missingAfterRepair: count,
  /** Of the missing, those that are no longer in the source, and those that S3 has to restore before they can be read. */
  gone: count.default(0),
  archived: count.default(0),
  /** Of those still missing, those that the run had no leave to begin: a fence ended it. */
  heldBack: count.optional(),
  bytesCopied: byteSum,
  expected: count,
  verified: count,
  evidence: evidenceCounts,
  /** The run that repaired, or compared the whole inventory. */
  run: z.string().optional(),
  error: z.object({ name: z.string(), message: z.string() }).optional(),
  seconds: z.number().min(0),
  /** About: Athena by bytes scanned, copies and lists by request, at list prices of us-east-1. */
  costUsd: z.number().min(0),
  scannedBytes: byteSum,
});
export type Reconciliation = z.infer<typeof reconciliation>;

/** The history's table, in the words of DynamoDB's CreateTable. */
export function reconciliationsDefinition(tableName: string) {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST' as const,
    AttributeDefinitions: ['pair', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
    KeySchema: [
      { AttributeName: 'pair', KeyType: 'HASH' as const },
      { AttributeName: 'sk', KeyType: 'RANGE' as const },
    ],
  };
}

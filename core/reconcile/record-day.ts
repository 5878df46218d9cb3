import type { Counted, FoundInventories, Reconciliation } from '../../contracts/reconciliation.js';
import type { Summary } from '../../contracts/tally.js';
import type { BackfillErrorName } from '../errors.js';
import type { Ports } from '../ports.js';
import { readSummary } from '../report/read-report.js';
import { noCounts } from '../verify/counts.js';
import { costOf } from './cost.js';
import { failureOf, type CaughtError } from './failure-of.js';

/** What this state reaches. */
type RecordPorts = Pick<Ports, 'work' | 'reconciliations' | 'clock'>;

export interface RecordDayInput {
  execution: string;
  startTime: string;
  found: FoundInventories | null;
  counted: Counted | null;
  scannedBytes: number;
  run?: string | null | undefined;
  error?: CaughtError | null | undefined;
}

export interface RecordDayAnswer {
  succeeded: boolean;
  line: Reconciliation;
  /** Of the execution, where it did not succeed. */
  error: string;
  cause: string;
}

/**
 * State RecordDay: one line of the history, whatever came of the day. Called again, it writes the same line but
 * for its duration.
 */
export async function recordDay(ports: RecordPorts, pair: string, input: RecordDayInput): Promise<RecordDayAnswer> {
  const caught = input.error ? failureOf(input.error) : undefined;
  const run = input.run ?? caught?.run;
  const summary = run === undefined ? undefined : await readSummary(ports.work, run);
  const failure = caught ?? doubtOf(input, run, summary);
  const line = lineOf(pair, input, { run, summary, failure, now: ports.clock.now() });
  await ports.reconciliations.put(line);
  const succeeded = !['Incomplete', 'StoppedByFence', 'Failed'].includes(line.status);
  return { succeeded, line, ...(succeeded ? { error: '', cause: '' } : endOf(line, summary)) };
}

interface Outcome {
  run: string | undefined;
  summary: Summary | undefined;
  failure: { name: string; message: string } | undefined;
  now: number;
}

function lineOf(pair: string, input: RecordDayInput, outcome: Outcome): Reconciliation {
  const { found, scannedBytes } = input;
  const { run, summary, failure, now } = outcome;
  const counts = input.counted?.counts;
  const way = wayOf(input);
  // A run of the whole inventory has looked at all that Athena counted, and at more.
  const judged = way === 'whole' && summary ? undefined : counts;
  const repaired = summary?.verified.copied ?? 0;
  const left = (summary?.failed ?? 0) + (summary?.wouldCopy?.objects ?? 0);
  const missing = judged ? judged.missing + judged.different : repaired + left;
  const missingAfterRepair = summary ? left : missing;
  const evidence = addEvidence(judged, summary);
  const settledByRun = summary?.expected ?? 0;
  const expected = judged ? judged.sourceRows - judged.newer : settledByRun;
  // A run that ended without a summary has no counts: nothing can be said.
  const isUnknown = failure !== undefined && (summary === undefined || failure.name === 'CountsContradict');
  return {
    pair,
    startedAt: input.startTime,
    execution: input.execution,
    day: found?.day ?? new Date(input.startTime).toISOString().slice(0, 10),
    status: isUnknown ? 'Failed' : statusOf(found?.dryRun ?? false, missing, missingAfterRepair, repaired, summary),
    ...(found ? { scope: found.scope } : {}),
    ...(way ? { way } : {}),
    notes: [...(found?.notes ?? []), ...(input.counted?.notes ?? [])],
    ...(found
      ? { inventories: { source: found.source, ...(found.destination ? { destination: found.destination } : {}) } }
      : {}),
    ...(counts ? { counts } : {}),
    missing,
    repaired,
    missingAfterRepair,
    gone: summary?.gone ?? 0,
    archived: summary?.archived ?? 0,
    bytesCopied: summary?.bytesCopied ?? 0,
    expected,
    verified: evidence.etag + evidence.checksum + evidence.copied + evidence.sizeAndTime,
    evidence,
    ...(run === undefined ? {} : { run }),
    ...(summary?.fence === undefined ? {} : { heldBack: summary.fence.heldBack }),
    ...(failure ? { error: { name: failure.name, message: failure.message } } : {}),
    seconds: Math.max(0, Math.round((now - Date.parse(input.startTime)) / 1000)),
    costUsd: costOf({
      queries: (found?.way === 'compare' ? 1 : 0) + (way === 'difference' ? 1 : 0),
      scannedBytes,
      copied: repaired,
      listed: way === 'whole' ? settledByRun + repaired : 2 * settledByRun,
    }),
    scannedBytes,
  };
}

/** How the difference was told: by Athena alone, by a run of the rows that it named, or by one of the whole inventory. */
function wayOf({ found, counted }: RecordDayInput): Reconciliation['way'] {
  if (found?.way === 'whole' || counted?.next === 'backfill') return 'whole';
  return counted?.next === 'difference' ? 'difference' : found?.way;
}

/** What no state has thrown: a run without a summary, or one that was of other rows than those that were counted. */
function doubtOf(
  { counted }: RecordDayInput,
  run: string | undefined,
  summary: Summary | undefined,
): { name: BackfillErrorName; message: string } | undefined {
  if (run === undefined) return undefined;
  if (!summary)
    return {
      name: 'RunFileMissing',
      message: `The run ${run} has ended without summary.json. Start the reconciliation again.`,
    };
  if (counted?.next !== 'difference') return undefined;
  const { missing, different } = counted.counts;
  if (summary.expected === missing + different) return undefined;
  return {
    name: 'CountsContradict',
    message: `Athena counted ${missing + different} objects that differ, and the run ${run} was of ${summary.expected}. Start the reconciliation again; if it stays so, report it with this message.`,
  };
}

function statusOf(
  dryRun: boolean,
  missing: number,
  after: number,
  repaired: number,
  summary: Summary | undefined,
): Reconciliation['status'] {
  if (summary?.status === 'StoppedByFence') return 'StoppedByFence';
  if (dryRun) return 'DryRun';
  if (after > 0) return 'Incomplete';
  return missing === 0 || repaired === 0 ? 'InSync' : 'Repaired';
}

function addEvidence(counts: Counted['counts'] | undefined, summary: Summary | undefined): Reconciliation['evidence'] {
  const evidence = { ...(summary?.evidence ?? noCounts().evidence) };
  if (!counts) return evidence;
  return {
    ...evidence,
    etag: evidence.etag + counts.byEtag,
    sizeAndTime: evidence.sizeAndTime + counts.bySizeAndTime,
  };
}

function endOf(line: Reconciliation, summary: Summary | undefined): { error: string; cause: string } {
  const { missing, repaired, missingAfterRepair, run } = line;
  if (line.status === 'Failed' && line.error) return { error: line.error.name, cause: line.error.message };
  const cause = {
    message: `${missingAfterRepair} of ${missing} missing objects are still missing; ${repaired} were brought over.`,
    run,
    links: summary?.links,
  };
  const error = line.status === 'StoppedByFence' ? line.status : 'ReconciliationIncomplete';
  return { error, cause: JSON.stringify(cause, null, 2) };
}

import type { RunCause } from '../../contracts/run-cause.js';
import type { Run } from '../../contracts/run.js';
import type { Plan, Summary, Tally } from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import { noCounts } from '../verify/counts.js';
import { remedyFor } from './remedies.js';

export interface Ending {
  run: Run;
  plan: Plan;
  /** The last pass's; undefined where there was nothing to copy. */
  tally: Tally | undefined;
  failureTable: string;
  /** `s3://` address of the completion report's manifest.json. */
  report: string;
}

/** The run's summary, and the Cause of its failure. Throws IdentityBroken where the counts do not add up. */
export function summarize({ run, plan, tally, failureTable, report }: Ending): { summary: Summary; cause: string } {
  const totals = tally?.totals ?? noCounts();
  const { identical, copied, gone, archived, drift, evidence, bytesCopied, wouldCopy, wouldCopyBytes } = totals;
  const summary: Summary = {
    runId: run.id,
    status: totals.owed > 0 ? 'VerificationIncomplete' : run.request.dryRun ? 'DryRun' : 'Verified',
    manifestRows: plan.manifestRows,
    outOfScope: plan.outOfScope,
    expected: plan.expected,
    verified: { identical, copied },
    gone,
    archived,
    failed: totals.owed,
    drift,
    evidence,
    bytesCopied,
    passes: tally?.pass ?? 0,
    ...(run.request.dryRun ? { wouldCopy: { objects: wouldCopy, bytes: wouldCopyBytes } } : {}),
    report,
  };
  checkIdentity(summary);
  return {
    summary,
    cause: summary.status === 'VerificationIncomplete' ? explain(summary, tally, run.pair, failureTable) : '',
  };
}

/** The sums of the identity; a run whose books do not balance never ends as Verified. */
function checkIdentity(summary: Summary): void {
  const { manifestRows, outOfScope, expected, verified, gone, archived, failed, evidence } = summary;
  const isBalanced =
    manifestRows === outOfScope.deleteMarkers + outOfScope.noncurrent + outOfScope.filtered + expected &&
    expected === verified.identical + verified.copied + gone + archived + failed + (summary.wouldCopy?.objects ?? 0) &&
    verified.identical + verified.copied === evidence.etag + evidence.checksum + evidence.copied + evidence.sizeAndTime;
  if (!isBalanced)
    throw new BackfillError(
      'IdentityBroken',
      `The counts do not add up: ${JSON.stringify(summary)}. This is a defect of s3-backfill: report it with this message.`,
    );
}

const TOP_CAUSES = 5;

function explain(summary: Summary, tally: Tally | undefined, pair: string, table: string): string {
  const causes = Object.entries(tally?.totals.causes ?? {})
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOP_CAUSES)
    .map(([cause, rows]) => ({ cause, rows, remedy: remedyFor(cause) }));
  const { runId, expected, verified, gone, archived, failed, report } = summary;
  const cause: RunCause = {
    message: `${failed} of ${expected} objects could not be brought over and proved. ${tally?.why ?? ''}`.trim(),
    counts: { expected, verified, gone, archived, failed },
    causes,
    list: `npx s3-backfill failures ${shellWord(runId)} --pair ${shellWord(pair)}`,
    query: `aws dynamodb query --table-name ${table} --key-condition-expression 'pk = :run' --expression-attribute-values ${shellWord(JSON.stringify({ ':run': { S: runId } }))}`,
    report,
  };
  return JSON.stringify(cause);
}

/** An execution's name may hold quotes and parentheses. */
function shellWord(word: string): string {
  return /^[\w.-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

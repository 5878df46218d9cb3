import type { RunCause } from '../../contracts/run-cause.js';
import type { Run } from '../../contracts/run.js';
import type { Counts, Plan, RunLinks, Summary, Tally } from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import { isHeldBack } from '../fences/fence.js';
import { rowsOutOfScope } from '../inventory/census.js';
import { shellWord } from '../shell-word.js';
import { noCounts } from '../verify/counts.js';
import { redriveLinks } from './redrive.js';
import { remedyFor } from './remedies.js';

export interface Ending {
  run: Run;
  plan: Plan;
  /** The last pass's; undefined where there was nothing to copy. */
  tally: Tally | undefined;
  failureTable: string;
  /** `s3://` address of the completion report's manifest.json. */
  report: string;
  dashboard?: string | undefined;
}

/** The run's summary, and the Cause of its failure. Throws IdentityBroken where the counts do not add up. */
export function summarize(ending: Ending): { summary: Summary; cause: string } {
  const { run, plan, tally } = ending;
  const totals = tally?.totals ?? noCounts();
  const { identical, copied, gone, archived, drift, evidence, bytesCopied } = totals;
  const heldBack = tally?.fence === undefined ? 0 : heldBackRows(totals.causes);
  const counted: Omit<Summary, 'message'> = {
    runId: run.id,
    pair: run.pair,
    scope: run.scope,
    startedAt: new Date(run.startedAt).toISOString(),
    status: statusOf(totals, heldBack, run),
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
    ...(run.request.dryRun ? { wouldCopy: wouldCopyOf(totals) } : {}),
    ...(tally?.fence === undefined ? {} : { fence: { name: tally.fence, heldBack } }),
    links: linksOf(ending),
  };
  const summary: Summary = { message: sentence(counted, run, tally), ...counted };
  checkIdentity(summary);
  return { summary, cause: totals.owed > 0 ? explain(summary, tally) : '' };
}

/** A run of which only a fence has held rows back has failed in nothing; and is verified in as little. */
function statusOf({ owed }: Counts, heldBack: number, { request }: Run): Summary['status'] {
  if (owed > heldBack) return 'VerificationIncomplete';
  if (owed > 0) return 'StoppedByFence';
  return request.dryRun ? 'DryRun' : 'Verified';
}

function heldBackRows(causes: Counts['causes']): number {
  return Object.entries(causes)
    .filter(([cause]) => isHeldBack(cause))
    .reduce((sum, [, rows]) => sum + rows, 0);
}

/** What the console shows first. */
function sentence(
  counted: Omit<Summary, 'message'>,
  { manifest, request, isReadOnly }: Run,
  tally: Tally | undefined,
): string {
  const why = tally?.why ?? '';
  const from = manifest.kind === 'owed' ? manifest.runs[0]?.runId : undefined;
  const { status, expected, verified, failed, gone, archived, wouldCopy } = counted;
  switch (status) {
    case 'Verified':
      if (from !== undefined && counted.manifestRows === 0) return `Nothing was to be done: run ${from} owes nothing.`;
      if (expected === 0 && counted.manifestRows > 0)
        return `Nothing was looked at: none of the ${counted.manifestRows} rows of the ${from === undefined ? 'inventory' : `run ${from}`} is in scope. Check the prefix and the filters of the request.`;
      if (request.engine === 'none')
        return `${verified.identical} of ${expected} objects are at the destination, each with its evidence; nothing was copied. ${gone} no longer exist at the source, ${archived} are archived.`;
      return `${verified.identical + verified.copied} of ${expected} objects are at the destination, each with its evidence: ${verified.copied} copied by this run, ${verified.identical} there before. ${gone} no longer exist at the source, ${archived} are archived.`;
    case 'DryRun':
      return `Nothing was written. A run would copy ${wouldCopy?.objects ?? 0} of ${expected} objects, ${wouldCopy?.bytes ?? 0} bytes; ${verified.identical} are there already.${wouldCopy ? exceptions(wouldCopy) : ''}`;
    case 'StoppedByFence':
      return `${why} ${verified.identical + verified.copied} of ${expected} objects are at the destination, ${verified.copied} of them copied by this run; ${failed} are left, and nothing is wrong with them.${goOn(counted)}`;
    case 'VerificationIncomplete':
      if (request.engine === 'none' && tally) return missedSentence(counted, tally, isReadOnly ?? false);
      return `${failed} of ${expected} objects could not be brought over and proved. ${why}`.trim();
  }
}

/** With as much to copy again. */
function goOn({ links }: Omit<Summary, 'message'>): string {
  return links.redrive === undefined ? '' : ` Go on: ${links.redrive}`;
}

function wouldCopyOf(totals: Counts): NonNullable<Summary['wouldCopy']> {
  const { wouldCopy, wouldCopyBytes, wouldRestore, wouldRestoreBytes, wouldLeave, wouldLeaveBytes } = totals;
  return {
    objects: wouldCopy,
    bytes: wouldCopyBytes,
    ...(wouldRestore > 0 ? { archived: { objects: wouldRestore, bytes: wouldRestoreBytes } } : {}),
    ...(wouldLeave > 0 ? { newer: { objects: wouldLeave, bytes: wouldLeaveBytes } } : {}),
  };
}

function exceptions({ archived, newer }: NonNullable<Summary['wouldCopy']>): string {
  const restored = archived ? ` Of those it would copy, ${archived.objects} have to be restored first.` : '';
  const left = newer
    ? ` It would not replace ${newer.objects} that are newer at the destination: overwrite: "always" does.`
    : '';
  return restored + left;
}

/** What another tool missed, and how exactly that is copied. */
function missedSentence(
  { failed, expected, links }: Omit<Summary, 'message'>,
  { totals }: Tally,
  isReadOnly: boolean,
): string {
  const causes = topCauses(totals.causes).map(([cause, rows]) => `${rows} ${cause}`);
  const isProved = `${failed} of ${expected} objects are not proved to be at the destination: ${causes.join(', ')}.`;
  if (links.redrive === undefined) return `${isProved} Nothing was copied.`;
  return isReadOnly
    ? `${isProved} This pair may copy nothing: have them copied, then check exactly these again: ${links.redrive}`
    : `${isProved} Nothing was copied. Copy exactly these: ${links.redrive}`;
}

function linksOf({ run, tally, failureTable, report, dashboard }: Ending): RunLinks {
  return {
    report,
    failures: `npx s3-backfill failures ${shellWord(run.id)} --pair ${shellWord(run.pair)}`,
    query: `aws dynamodb query --table-name ${failureTable} --key-condition-expression 'pk = :run' --expression-attribute-values ${shellWord(JSON.stringify({ ':run': { S: run.id } }))}`,
    ...redriveLinks(run, tally),
    ...(dashboard === undefined ? {} : { dashboard }),
  };
}

/** The sums of the identity; a run whose books do not balance never ends as Verified. */
function checkIdentity(summary: Summary): void {
  const { manifestRows, outOfScope, expected, verified, gone, archived, failed, evidence } = summary;
  const isBalanced =
    manifestRows === rowsOutOfScope(outOfScope) + expected &&
    expected === verified.identical + verified.copied + gone + archived + failed + (summary.wouldCopy?.objects ?? 0) &&
    verified.identical + verified.copied === evidence.etag + evidence.checksum + evidence.copied + evidence.sizeAndTime;
  if (!isBalanced)
    throw new BackfillError(
      'IdentityBroken',
      `The counts do not add up: ${JSON.stringify(summary)}. This is a defect of s3-backfill: report it with this message.`,
    );
}

const TOP_CAUSES = 5;

function topCauses(causes: Tally['totals']['causes']): [string, number][] {
  return Object.entries(causes)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOP_CAUSES);
}

function explain(summary: Summary, tally: Tally | undefined): string {
  const causes = topCauses(tally?.totals.causes ?? {}).map(([cause, rows]) => ({
    cause,
    rows,
    remedy: remedyFor(cause),
  }));
  const { message, expected, verified, gone, archived, failed, links } = summary;
  const cause: RunCause = { message, counts: { expected, verified, gone, archived, failed }, causes, links };
  return JSON.stringify(cause, null, 2);
}

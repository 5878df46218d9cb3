import type { RunCause } from '../../contracts/run-cause.js';
import type { Run } from '../../contracts/run.js';
import type { Plan, RunLinks, Summary, Tally } from '../../contracts/tally.js';
import { DIFFERING } from '../compare/missed.js';
import { BackfillError } from '../errors.js';
import { rowsOutOfScope } from '../inventory/census.js';
import { shellWord } from '../shell-word.js';
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
  dashboard?: string | undefined;
}

/** The run's summary, and the Cause of its failure. Throws IdentityBroken where the counts do not add up. */
export function summarize(ending: Ending): { summary: Summary; cause: string } {
  const { run, plan, tally } = ending;
  const totals = tally?.totals ?? noCounts();
  const { identical, copied, gone, archived, drift, evidence, bytesCopied, wouldCopy, wouldCopyBytes } = totals;
  const counted: Omit<Summary, 'message'> = {
    runId: run.id,
    pair: run.pair,
    scope: run.scope,
    startedAt: new Date(run.startedAt).toISOString(),
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
    links: linksOf(ending, totals.owed > 0),
  };
  const summary: Summary = { message: sentence(counted, run, tally), ...counted };
  checkIdentity(summary);
  return { summary, cause: summary.status === 'VerificationIncomplete' ? explain(summary, tally) : '' };
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
      return `Nothing was written. A run would copy ${wouldCopy?.objects ?? 0} of ${expected} objects, ${wouldCopy?.bytes ?? 0} bytes; ${verified.identical} are there already.`;
    case 'VerificationIncomplete':
      if (request.engine === 'none' && tally) return missedSentence(counted, tally, isReadOnly ?? false);
      return `${failed} of ${expected} objects could not be brought over and proved. ${why}`.trim();
  }
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

function linksOf({ run, tally, failureTable, report, dashboard }: Ending, isOwing: boolean): RunLinks {
  const causes = Object.keys(tally?.totals.causes ?? {});
  return {
    report,
    failures: `npx s3-backfill failures ${shellWord(run.id)} --pair ${shellWord(run.pair)}`,
    query: `aws dynamodb query --table-name ${failureTable} --key-condition-expression 'pk = :run' --expression-attribute-values ${shellWord(JSON.stringify({ ':run': { S: run.id } }))}`,
    ...(isOwing && run.isBound ? redriveLinks(run, causes) : {}),
    ...(dashboard === undefined ? {} : { dashboard }),
  };
}

/** How what is owed is redriven, once it is mended. A pair without buckets is one process's, and its files are gone with it. */
function redriveLinks(
  { id, pair, request, ...run }: Run,
  causes: readonly string[],
): Pick<RunLinks, 'redrive' | 'redriveInput'> {
  // What was only looked for is copied, where the pair may copy; what differs, and is newer as every copy is, is replaced.
  const copies = request.engine === 'none' && !run.isReadOnly;
  const replaces = copies && causes.some((cause) => DIFFERING.includes(cause));
  const { versions } = request;
  return {
    redrive: `npx s3-backfill start --redrive ${shellWord(id)} --pair ${shellWord(pair)}${copies ? ' --engine copy --proof strong' : ''}${replaces ? ' --overwrite always' : ''}`,
    redriveInput: JSON.stringify({
      manifest: { failuresOf: id },
      ...(versions === 'all' ? { versions } : {}),
      // By less a copy could be taken for good that was found not to be.
      ...(copies ? { engine: 'copy', proof: 'strong' } : {}),
      ...(replaces ? { overwrite: 'always' } : {}),
    }),
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

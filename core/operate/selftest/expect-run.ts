import type { Summary } from '../../../contracts/tally.js';
import { REMEDIES, type EndedRun } from '../ended-run.js';
import { broken, held, splitMessage, type Verdict } from '../verdict.js';

/** The three runs of a self-test: one that only looks, one that copies, one that finds all of it there. */
export type RunKind = 'dry' | 'first' | 'second';

/**
 * Whether a run of the self-test did what it should: how it ended, its counts, the failure table, the states that it went through.
 * @param written objects at the source; the manifest names one more, which never was
 */
export function expectRun(kind: RunKind, run: EndedRun, written: number): Verdict {
  const { summary } = run;
  if (run.status !== 'SUCCEEDED') return endedBadly(run);
  if (!summary) return broken('a summary.json of the run', 'none', DEFECT);
  const wrong = wrongCounts(kind, summary, written);
  if (wrong.length > 0)
    return broken(
      wrong.map(({ name, expected }) => `${name} ${expected}`).join(', '),
      wrong.map(({ name, found }) => `${name} ${found}`).join(', '),
      `${summary.message} Look at the run's history, and see that nothing else writes under the self-test's prefix.`,
    );
  if (run.failures.length > 0)
    return broken('an empty failure table', failureWords(run), 'Look at the run with `s3-backfill failures`.');
  const missing = missingState(STATES[kind], run.states);
  if (missing !== undefined)
    return broken(`the states ${STATES[kind].join(', ')} in the history`, `no ${missing} in its place`, DEFECT);
  return held(sentence(kind, summary));
}

const DEFECT = 'This is a defect of s3-backfill or of the deployment: deploy the pair again, then report it.';

const STATES: Readonly<Record<RunKind, readonly string[]>> = {
  dry: ['PrepareRun', 'IndexFiles', 'PlanPass', 'VerifyChunks', 'TallyPass', 'ReportRun', 'Verified'],
  first: ['PrepareRun', 'IndexFiles', 'PlanPass', 'CopyChunks', 'VerifyChunks', 'TallyPass', 'ReportRun', 'Verified'],
  second: ['PrepareRun', 'IndexFiles', 'PlanPass', 'CopyChunks', 'VerifyChunks', 'TallyPass', 'ReportRun', 'Verified'],
};

/** Others may come between them: choices, and further passes. */
function missingState(expected: readonly string[], entered: readonly string[]): string | undefined {
  let from = 0;
  for (const state of expected) {
    const at = entered.indexOf(state, from);
    if (at < 0) return state;
    from = at + 1;
  }
  return undefined;
}

interface WrongCount {
  name: string;
  expected: number | string;
  found: number | string;
}

/** Live replication may be faster than the run: what it brought is identical, and counts as well as copied. */
function wrongCounts(kind: RunKind, summary: Summary, written: number): WrongCount[] {
  const { identical, copied } = summary.verified;
  const counts: WrongCount[] = [
    { name: 'status', expected: kind === 'dry' ? 'DryRun' : 'Verified', found: summary.status },
    { name: 'expected', expected: written + 1, found: summary.expected },
    { name: 'failed', expected: 0, found: summary.failed },
    { name: 'archived', expected: 0, found: summary.archived },
    // What is not there is only found out by whoever tries to copy it.
    { name: 'gone', expected: kind === 'dry' ? 0 : 1, found: summary.gone },
  ];
  if (kind === 'dry')
    counts.push(
      { name: 'copied', expected: 0, found: copied },
      { name: 'identical or to copy', expected: written + 1, found: identical + (summary.wouldCopy?.objects ?? 0) },
    );
  if (kind === 'first') counts.push({ name: 'verified', expected: written, found: identical + copied });
  if (kind === 'second')
    counts.push(
      { name: 'identical', expected: written, found: identical },
      { name: 'copied', expected: 0, found: copied },
    );
  return counts.filter(({ expected, found }) => expected !== found);
}

function endedBadly(run: EndedRun): Verdict {
  const name = run.error ?? run.status;
  const { found, remedy } = splitMessage(run.message);
  const said = found === '' ? name : `${name}: ${found}`;
  const remedies = [...new Set(run.failures.map(({ remedy }) => remedy))];
  return broken(
    'the execution to succeed',
    run.failures.length === 0 ? said : `${said} In the failure table: ${failureWords(run)}.`,
    [REMEDIES[name] ?? remedy, ...remedies].filter((text) => text !== '').join(' ') ||
      `Look at the history of the run.`,
  );
}

const MOST_NAMED = 3;

function failureWords({ failures }: EndedRun): string {
  const named = failures.slice(0, MOST_NAMED).map(({ key, cause }) => `${cause} of ${key ?? 'a whole chunk'}`);
  const more = failures.length - named.length;
  return `${named.join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

function sentence(kind: RunKind, { verified, gone, wouldCopy }: Summary): string {
  if (kind === 'dry')
    return `nothing was written; ${wouldCopy?.objects ?? 0} to copy, ${verified.identical} there already`;
  return `Verified: ${verified.copied} copied, ${verified.identical} identical, ${gone} gone, no failures`;
}

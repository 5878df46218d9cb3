import { createInterface } from 'node:readline';
import { Option, type Command } from 'commander';
import type { DeployedRecords } from '../../adapters/records/deployed-records.js';
import { restoreName, type RunBounds } from '../../contracts/pair.js';
import { moment } from '../../contracts/run-request.js';
import type { Summary } from '../../contracts/tally.js';
import { destinationKey } from '../../core/keys.js';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { readSummary } from '../../core/report/read-report.js';
import { shellWord } from '../../core/shell-word.js';
import { openDeployed, pairWords, positive, withPairOptions, type PairOptions } from '../options.js';
import { causeLines, verdictLines } from '../print/ending.js';
import { progressView } from '../print/progress.js';
import { planLines, toBringBack } from '../print/restore.js';
import { newId, runNameOf } from '../request-file.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { watchRun } from '../watch-run.js';
import { watchToItsEnd } from './watch.js';

interface RestoreOptions extends PairOptions {
  prefix?: string;
  asOf?: string;
  to?: string;
  overwrite?: 'older' | 'always';
  tier?: 'Bulk' | 'Standard' | 'Expedited';
  days?: number;
  name?: string;
  yes: boolean;
}

export function addRestore(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('restore')
      .description('Bring objects back from the destination of a pair to its source, a dry run first.')
      .option('--prefix <prefix>', 'only what was under this prefix of the source')
      .option(
        '--as-of <time>',
        'as it was at this time, such as 2026-01-31T00:00:00Z; a day alone is its beginning in UTC',
      )
      .option('--to <bucket>', "another bucket than the source: one of the pair's restore.to")
      .addOption(
        new Option(
          '--overwrite <which>',
          'what of the source may be replaced; always: also what is newer there',
        ).choices(['older', 'always']),
      )
      .addOption(
        new Option('--tier <tier>', 'how fast S3 restores what is archived: Bulk unless given').choices([
          'Bulk',
          'Standard',
          'Expedited',
        ]),
      )
      .option('--days <days>', 'how long what S3 restored stays readable in the backup: 7 unless given', positive)
      .option('--name <name>', "the run's name; its dry run has -dry behind it; made up unless given")
      .option('--yes', 'go on after the dry run without a question', false),
  )
    .addHelpText(
      'after',
      `
It is the state machine s3-backfill-<pair>-restore, of a pair that was deployed with "restore". A dry run
counts what would come back; the run begins when that is confirmed, by --yes or at the terminal. Nothing is
deleted, and nothing at the source that is newer is replaced unless you say so.

Exit code 0 where all is back, or nothing was to be done; 1 where the run failed, or was not confirmed.

Examples:
  $ s3-backfill restore --pair photos --prefix 2023/
  $ s3-backfill restore --pair photos --as-of 2026-01-31T00:00:00Z --overwrite always
  $ s3-backfill restore --pair photos --to drill --tier Standard --yes
  $ s3-backfill watch restore-20260131-120000-4f0a --pair photos-restore`,
    )
    .action((options: RestoreOptions) => restore(options, terminal));
}

async function restore(options: RestoreOptions, terminal: Terminal): Promise<void> {
  const name = runNameOf(options.name ?? `restore-${newId()}`);
  const dryName = runNameOf(`${name}-dry`);
  const { pair, bounds } = (await openDeployed(options, terminal)).pair;
  if (!bounds?.restore)
    throw new UsageError(
      `Pair "${pair}" was deployed without restore: expected one with "restore": {} in cdk.json. Add it, and deploy the pair again.`,
    );
  const { stateMachine: _, ...others } = options;
  const ofRestore: PairOptions = { ...others, pair: restoreName(pair) };
  const records = await openDeployed(ofRestore, terminal);
  const request = requestOf(options, bounds);
  expectPast(options.asOf);
  const places = parseRequest(request, records.pair.bounds, records.pair.workBucket);

  const signal = terminal.interrupts();
  const dry = await dryRun(records, dryName, { ...request, dryRun: true }, terminal, signal);
  if (!dry) return;
  await terminal.stdout.lines(['', ...planLines(dry, places)]);
  const { objects } = toBringBack(dry);
  if (objects === 0) return terminal.stdout.line('Nothing is to be brought back.');
  if (!options.yes && !(await isConfirmed(terminal, signal))) {
    terminal.exitCode = 1;
    return terminal.stdout.line(`Nothing was written. To go on: ${againWith(options)} --yes`);
  }
  const executionArn = await records.runs.start(records.pair.stateMachineArn, name, request);
  await terminal.stdout.line(`${name} started: ${executionArn}`);
  return watchToItsEnd(records, name, ofRestore, terminal);
}

/** What a person has to say, and no more: all else is the pair's. */
function requestOf(options: RestoreOptions, bounds: RunBounds): object {
  const { prefix, asOf, to, overwrite, tier, days } = options;
  return {
    ...(prefix === undefined ? {} : { source: { prefix: inBackup(prefix, bounds) } }),
    ...(to === undefined ? {} : { destination: { bucket: to } }),
    ...(asOf === undefined ? {} : { manifest: { list: true, asOf } }),
    ...(overwrite === undefined ? {} : { overwrite }),
    ...(tier === undefined ? {} : { restoreTier: tier }),
    ...(days === undefined ? {} : { restoreDays: days }),
  };
}

/** A person thinks of the keys that an object had at the source. */
function inBackup(prefix: string, bounds: RunBounds): string {
  const own = bounds.source.prefix ?? '';
  if (prefix.startsWith(own)) return destinationKey(prefix, bounds);
  throw new UsageError(`Expected a prefix of the source that begins with "${own}", the pair's own, got "${prefix}".`);
}

/** A run would say so too, and be started for nothing. */
function expectPast(asOf: string | undefined): void {
  if (asOf === undefined) return;
  if (!moment.safeParse(asOf).success)
    throw new UsageError(`Expected an ISO 8601 time such as 2026-01-31T00:00:00Z with --as-of, got "${asOf}".`);
  if (Date.parse(asOf) > Date.now())
    throw new UsageError(`Expected a time that is past with --as-of, got ${asOf}. Leave it out for what is there now.`);
}

/** Undefined where it did not come to its end, which is said then. */
async function dryRun(
  records: DeployedRecords,
  name: string,
  request: object,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Summary | undefined> {
  const { runs } = records;
  const executionArn = await runs.start(records.pair.stateMachineArn, name, request);
  await terminal.stdout.line(`${name} started, a dry run: ${executionArn}`);
  const { files } = await records.open(name);
  const ended = await watchRun(
    { executionArn, runId: name, runs, files },
    progressView(terminal.stdout.stream),
    signal,
  );
  const summary = await readSummary(files, name);
  if (ended.status === 'SUCCEEDED' && summary) return summary;
  terminal.exitCode = 1;
  if (ended.status === 'RUNNING') {
    await runs.stop(executionArn, 'Interrupted where it was started.');
    await terminal.stdout.line('Interrupted: nothing was written.');
  } else await terminal.stdout.lines(['', ...verdictLines(ended, summary), ...causeLines(ended)]);
  return undefined;
}

/** Asks where somebody is there to answer. */
async function isConfirmed({ stdin, stdout }: Terminal, signal: AbortSignal): Promise<boolean> {
  if (!(stdin as { isTTY?: boolean }).isTTY || signal.aborted) return false;
  await stdout.line('Bring them back? Type yes to go on:');
  const lines = createInterface({ input: stdin, terminal: false });
  signal.addEventListener('abort', () => lines.close(), { once: true });
  const answer = await lines[Symbol.asyncIterator]().next();
  lines.close();
  return answer.done !== true && /^y(es)?$/i.test(answer.value.trim());
}

function againWith(options: RestoreOptions): string {
  const { prefix, asOf, to, overwrite, tier, days, name } = options;
  const words = Object.entries({ prefix, 'as-of': asOf, to, overwrite, tier, days, name });
  return `s3-backfill restore${pairWords(options)}${words
    .map(([option, value]) => (value === undefined ? '' : ` --${option} ${shellWord(String(value))}`))
    .join('')}`;
}

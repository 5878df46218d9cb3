import type { Command } from 'commander';
import type { Failure } from '../../contracts/failure.js';
import { readSummary } from '../../core/report/read-report.js';
import { shellWord } from '../../core/shell-word.js';
import { isDeployed, openRun, pairWords, withPairOptions, type PairOptions } from '../options.js';
import { csvRecord } from '../print/csv.js';
import type { Printer } from '../print/printer.js';
import { countCauses, type CauseCount } from '../print/summary.js';
import { redriveCommand } from '../redrive.js';
import type { Terminal } from '../terminal.js';

interface FailuresOptions extends PairOptions {
  cause?: string;
  json: boolean;
  csv: boolean;
}

/** Keys that are named under each cause; --cause names them all. */
const MOST_NAMED = 10;

export function addFailures(program: Command, terminal: Terminal): void {
  const command = withPairOptions(
    program
      .command('failures')
      .description('What a run could not bring over, grouped by cause with a remedy first.')
      .argument('<run>', "the run's name, or the ARN of its execution")
      .option('--cause <cause>', 'only this cause, and every key of it'),
  );
  command
    .option('--json', 'the items of the failure table as a JSON list, resolved ones too', false)
    .option('--csv', 'the same as CSV for spreadsheets; keys are shown as text there, --json has them exactly', false)
    .addHelpText(
      'after',
      `
Without --pair and --state-machine, <run> is looked for in ./s3-backfill-runs.

Examples:
  $ s3-backfill failures first-try --pair photos
  $ s3-backfill failures first-try --pair photos --cause AccessDenied
  $ s3-backfill failures first-try --pair photos --csv > failures.csv`,
    )
    .action((run: string, options: FailuresOptions) => {
      if (options.json && options.csv) command.error('error: --json and --csv exclude each other; choose one.');
      return failures(run, options, terminal);
    });
}

async function failures(run: string, options: FailuresOptions, terminal: Terminal): Promise<void> {
  const { stdout } = terminal;
  const record = await openRun(options, terminal, run);
  const items = only(record.failures(), options.cause);
  if (options.json) return stdout.jsonList(items);
  if (options.csv) return printCsv(items, stdout);

  const found: Failure[] = [];
  for await (const item of items) found.push(item);
  if (found.length === 0) return stdout.line(await nothingFound(options.cause, (await record.describe()).status));
  const mostNamed = options.cause === undefined ? MOST_NAMED : Infinity;
  for (const group of countCauses(found)) {
    if (group.status === 'resolved') {
      await stdout.line(`${group.cause}: ${group.rows} made good by ${laterTry(group)}.`);
      continue;
    }
    await stdout.line(`${group.cause}: ${group.rows} open. ${group.remedy}`);
    const members = found.filter(({ cause, status }) => cause === group.cause && status === 'open');
    for (const member of members.slice(0, mostNamed)) await stdout.line(`  ${nameOf(member)}`);
    if (members.length > mostNamed)
      await stdout.line(
        `  and ${members.length - mostNamed} more: s3-backfill failures ${shellWord(record.name)}${pairWords(options)} --cause ${shellWord(group.cause)}`,
      );
  }
  if (!isDeployed(options, run) || !found.some(({ status }) => status === 'open')) return;
  const summary = await readSummary(record.files, record.name);
  const asked = {
    ...(options.cause === undefined ? {} : { cause: options.cause }),
    redriveInput: summary?.links.redriveInput,
  };
  await stdout.line(
    `${summary?.status === 'StoppedByFence' ? 'Go on' : 'Once mended'}: ${redriveCommand(run, options, asked)}`,
  );
}

function laterTry({ resolvedBy }: CauseCount): string {
  return resolvedBy === undefined ? 'a later try' : `run ${resolvedBy}`;
}

async function* only(items: AsyncIterable<Failure>, cause: string | undefined): AsyncGenerator<Failure> {
  for await (const item of items) if (cause === undefined || item.cause === cause) yield item;
}

function nameOf({ key, versionId, chunk }: Failure): string {
  if (key === undefined) return `chunk ${chunk} as a whole`;
  return versionId ? `${key} (version ${versionId})` : key;
}

async function nothingFound(cause: string | undefined, status: string): Promise<string> {
  const what = cause === undefined ? 'No failures' : `No failures with ${cause}`;
  return status === 'RUNNING' ? `${what} so far; the run is under way.` : `${what}.`;
}

const COLUMNS = [
  'status',
  'resolvedBy',
  'cause',
  'key',
  'versionId',
  'size',
  'chunk',
  'pass',
  'attempts',
  'firstSeen',
  'lastSeen',
  'message',
  'remedy',
] as const;

async function printCsv(items: AsyncIterable<Failure>, stdout: Printer): Promise<void> {
  await stdout.line(csvRecord(COLUMNS));
  for await (const item of items) await stdout.line(csvRecord(COLUMNS.map((column) => item[column])));
}

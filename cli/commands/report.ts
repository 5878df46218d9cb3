import type { Command } from 'commander';
import { downloadReport } from '../../adapters/records/download-report.js';
import { readReportManifest, readSummary } from '../../core/report/read-report.js';
import { shellWord } from '../../core/shell-word.js';
import { openRun, pairWords, withPairOptions, type PairOptions } from '../options.js';
import { causeLines, verdictLines } from '../print/ending.js';
import type { Terminal } from '../terminal.js';

interface ReportOptions extends PairOptions {
  download?: string;
  json: boolean;
}

export function addReport(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('report')
      .description("A run's counts, and where its completion report is: one row for each object.")
      .argument('<run>', "the run's name, or the ARN of its execution")
      .option('--download <directory>', 'put the report there, each file checked by its MD5'),
  )
    .option('--json', "print the run's summary.json and nothing else", false)
    .addHelpText(
      'after',
      `
Without --pair and --state-machine, <run> is looked for in ./s3-backfill-runs.

Examples:
  $ s3-backfill report first-try --pair photos
  $ s3-backfill report first-try --pair photos --download report/
  $ zcat report/*.csv.gz`,
    )
    .action((run: string, options: ReportOptions) => report(run, options, terminal));
}

async function report(run: string, options: ReportOptions, terminal: Terminal): Promise<void> {
  const record = await openRun(options, terminal, run);
  const { name, files } = record;
  const [summary, description] = [await readSummary(files, name), await record.describe()];
  if (!summary) {
    terminal.exitCode = 1;
    const isRunning = description.status === 'RUNNING';
    const why = isRunning ? 'it is still running' : `it ended early with ${description.error ?? description.status}`;
    return terminal.stderr.line(
      `s3-backfill: ${name} has no report: ${why}. See s3-backfill ${isRunning ? 'watch' : 'history'} ${shellWord(name)}${pairWords(options)}`,
    );
  }
  if (options.json) await terminal.stdout.json(summary);
  else {
    await terminal.stdout.lines([...verdictLines(description, summary), ...causeLines(description)]);
    const manifest = await readReportManifest(files, name);
    await terminal.stdout.lines([
      '',
      `report         ${record.addressOf(`runs/${name}/report/manifest.json`)}, ${manifest?.Results.length ?? 0} files`,
    ]);
  }
  if (options.download === undefined) return;
  const downloaded = await downloadReport(record, options.download);
  if (!options.json)
    await terminal.stdout.line(
      `downloaded     ${downloaded.files.length} files to ${options.download}, their MD5s as ${downloaded.manifest} has them`,
    );
}

import type { Command } from 'commander';
import type { DeployedRecords } from '../../adapters/records/deployed-records.js';
import { executionArnOf } from '../../adapters/step-functions/arns.js';
import { readSummary } from '../../core/report/read-report.js';
import { shellWord } from '../../core/shell-word.js';
import { openDeployed, pairWords, runName, withPairOptions, type PairOptions } from '../options.js';
import { causeLines, verdictLines } from '../print/ending.js';
import { progressView } from '../print/progress.js';
import { redriveCommand } from '../redrive.js';
import type { Terminal } from '../terminal.js';
import { watchRun } from '../watch-run.js';

export function addWatch(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('watch')
      .description('Show how far a run comes, by state and pass, until it ends; then its counts.')
      .argument('<run>', "the run's name, or the ARN of its execution"),
  )
    .addHelpText(
      'after',
      `
Ctrl-C ends watching; the run goes on. The exit code is 0 where the run succeeded and 1 where it did not.

Example:
  $ s3-backfill watch first-try --pair photos`,
    )
    .action(async (run: string, options: PairOptions) => {
      const records = await openDeployed(options, terminal, run);
      await watchToItsEnd(records, runName(run), options, terminal);
    });
}

/** Watches a run; the exit code says how it ended. */
export async function watchToItsEnd(
  records: DeployedRecords,
  name: string,
  options: PairOptions,
  terminal: Terminal,
): Promise<void> {
  const record = await records.open(name);
  const executionArn = executionArnOf(records.pair.stateMachineArn, name);
  const again = `s3-backfill watch ${shellWord(name)}${pairWords(options)}`;
  const ended = await watchRun(
    { executionArn, runId: name, runs: records.runs, files: record.files },
    progressView(terminal.stdout.stream),
    terminal.interrupts(),
  );
  terminal.exitCode = ended.status === 'SUCCEEDED' ? 0 : 1;
  if (ended.status === 'RUNNING') return terminal.stdout.line(`The run goes on. See how it goes: ${again}`);

  const summary = await readSummary(record.files, name);
  await terminal.stdout.line();
  await terminal.stdout.lines([...verdictLines(ended, summary), ...causeLines(ended)]);
  if (summary)
    await terminal.stdout.lines(['', `report         ${record.addressOf(`runs/${name}/report/manifest.json`)}`]);
  if (ended.status !== 'SUCCEEDED')
    await terminal.stdout.line(
      `look closer    s3-backfill ${summary ? 'failures' : 'history'} ${shellWord(name)}${pairWords(options)}`,
    );
  if (summary?.status === 'VerificationIncomplete' || summary?.status === 'StoppedByFence')
    await terminal.stdout.line(
      `${summary.status === 'StoppedByFence' ? 'go on       ' : 'once mended '}   ${redriveCommand(name, options, { redriveInput: summary.links.redriveInput })}`,
    );
}

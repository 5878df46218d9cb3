import type { Command } from 'commander';
import { openRun, withPairOptions, type PairOptions } from '../options.js';
import { causeSentence } from '../print/cause.js';
import { eventLine } from '../print/event.js';
import type { Terminal } from '../terminal.js';

interface HistoryOptions extends PairOptions {
  json: boolean;
}

/** Children that are shown; a Map can have thousands that failed alike. */
const MOST_CHILDREN = 20;

export function addHistory(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('history')
      .description('The events of a run, failures with their cause, and the children of its Maps that failed.')
      .argument('<run>', "the run's name, or the ARN of its execution"),
  )
    .option('--json', 'the events as a JSON list, as GetExecutionHistory answers them', false)
    .addHelpText(
      'after',
      `
Without --pair and --state-machine, <run> is looked for in ./s3-backfill-runs.

Example:
  $ s3-backfill history first-try --pair photos`,
    )
    .action((run: string, options: HistoryOptions) => history(run, options, terminal));
}

async function history(run: string, options: HistoryOptions, terminal: Terminal): Promise<void> {
  const { stdout } = terminal;
  const record = await openRun(options, terminal, run);
  if (options.json) return stdout.jsonList(record.events());

  let startedAt: number | undefined;
  for await (const event of record.events()) {
    startedAt ??= Number(event.timestamp);
    await stdout.line(eventLine(event, startedAt));
  }
  let children = 0;
  for await (const { state, pass, name, status, error, cause } of record.failedChildren()) {
    if (children === 0) await stdout.lines(['', 'Children that failed:']);
    if (children === MOST_CHILDREN) {
      await stdout.line('  and more: the console shows all of them under their Map Run.');
      return;
    }
    await stdout.line(
      `  ${state}, pass ${pass}, ${name}: ${[error || status, causeSentence(cause)].filter(Boolean).join(': ')}`,
    );
    children++;
  }
}

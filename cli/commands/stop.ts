import type { Command } from 'commander';
import { executionArnOf } from '../../adapters/step-functions/arns.js';
import { openDeployed, runName, withPairOptions, type PairOptions } from '../options.js';
import type { Terminal } from '../terminal.js';

export function addStop(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('stop')
      .description('Stop a run. What it copied stays; the same request, started again, does the rest.')
      .argument('<run>', "the run's name, or the ARN of its execution"),
  )
    .addHelpText('after', '\nExample:\n  $ s3-backfill stop first-try --pair photos')
    .action((run: string, options: PairOptions) => stop(runName(run), run, options, terminal));
}

async function stop(name: string, run: string, options: PairOptions, terminal: Terminal): Promise<void> {
  const records = await openDeployed(options, terminal, run);
  const before = await (await records.open(name)).describe();
  if (before.status !== 'RUNNING')
    return terminal.stdout.line(`${name} had ended already: ${before.error ?? before.status}.`);
  await records.runs.stop(executionArnOf(records.pair.stateMachineArn, name), 'Stopped by `s3-backfill stop`.');
  await terminal.stdout.line(
    `${name} is stopped. What it copied stays; the same request, started again, does the rest.`,
  );
}

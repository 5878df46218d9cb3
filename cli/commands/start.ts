import type { Command } from 'commander';
import { openDeployed, pairWords, withPairOptions, type PairOptions } from '../options.js';
import { readRequest, runNameOf } from '../request-file.js';
import type { Terminal } from '../terminal.js';
import { watchToItsEnd } from './watch.js';

interface StartOptions extends PairOptions {
  input: string;
  name?: string;
  watch: boolean;
}

export function addStart(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('start')
      .description('Start a run of a deployed pair.')
      .requiredOption('--input <file>', 'the request, a JSON file; - reads standard input')
      .option('--name <name>', "the run's name, which no run of the pair had in the last 90 days; made up unless given")
      .option('--watch', 'stay, show how far it comes, and exit as it ends', false),
  )
    .addHelpText(
      'after',
      `
Examples:
  $ s3-backfill start --pair photos --input request.json --watch
  $ echo '{"source": …}' | s3-backfill start --pair photos --input - --name first-try`,
    )
    .action((options: StartOptions) => start(options, terminal));
}

async function start(options: StartOptions, terminal: Terminal): Promise<void> {
  const name = runNameOf(options.name);
  const request = await readRequest(options.input, terminal);

  const records = await openDeployed(options, terminal);
  const executionArn = await records.runs.start(records.pair.stateMachineArn, name, request);
  await terminal.stdout.line(`${name} started: ${executionArn}`);
  if (options.watch) return watchToItsEnd(records, name, options, terminal);
  await terminal.stdout.line(`See how it goes: s3-backfill watch ${name}${pairWords(options)}`);
}

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { openDeployed, pairWords, withPairOptions, type PairOptions } from '../options.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
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
  const name = options.name ?? newName();
  if (!/^[\w.-]{1,80}$/.test(name))
    throw new UsageError(`Expected a name of 1 to 80 letters, digits, dots, hyphens and underscores, got "${name}".`);
  const request = await readRequest(options.input, terminal);
  parseRequest(request);

  const records = await openDeployed(options, terminal);
  const executionArn = await records.runs.start(records.pair.stateMachineArn, name, request);
  await terminal.stdout.line(`${name} started: ${executionArn}`);
  if (options.watch) return watchToItsEnd(records, name, options, terminal);
  await terminal.stdout.line(`See how it goes: s3-backfill watch ${name}${pairWords(options)}`);
}

/** Sorts by time, and two that are started in one second differ. */
function newName(): string {
  const now = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `run-${now}-${randomBytes(2).toString('hex')}`;
}

async function readRequest(path: string, terminal: Terminal): Promise<unknown> {
  const content = await (path === '-' ? text(terminal.stdin) : readFile(path, 'utf8')).catch((cause: Error) => {
    throw new UsageError(`Expected the request in ${path}: ${cause.message}`, { cause });
  });
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new UsageError(`Expected JSON in ${path === '-' ? 'standard input' : path}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

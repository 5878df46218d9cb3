import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { callFailure } from '../adapters/unreachable.js';
import { BackfillError } from '../core/errors.js';
import { projectRoot } from '../local/bundle.js';
import { addDemo } from './commands/demo.js';
import { addDoctor } from './commands/doctor.js';
import { addFailures } from './commands/failures.js';
import { addHistory } from './commands/history.js';
import { addLocal } from './commands/local.js';
import { addReconciliations } from './commands/reconciliations.js';
import { addReport } from './commands/report.js';
import { addRestore } from './commands/restore.js';
import { addRun } from './commands/run.js';
import { addRuns } from './commands/runs.js';
import { addSelftest } from './commands/selftest.js';
import { addStart } from './commands/start.js';
import { addStop } from './commands/stop.js';
import { addWatch } from './commands/watch.js';
import { connectionOptions } from './options.js';
import type { Terminal } from './terminal.js';
import { UsageError } from './usage-error.js';

/** Where no terminal says how wide it is. */
const HELP_COLUMNS = 100;

const EXIT_CODES = `
Exit codes:
  0  done
  1  the run failed, or has no answer yet
  2  bad usage: an option, a request, a run or a pair that is not there
  3  the service cannot be reached: network, Region, credentials`;

/** Runs one command line. Never rejects: what went wrong is one line on stderr, and the exit code. */
export async function runProgram(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync([...args], { from: 'user' });
    return terminal.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { code, message } = explain(error);
    await terminal.stderr.line(`s3-backfill: ${message}`);
    return code;
  }
}

export function createProgram(terminal: Terminal): Command {
  const program = new Command('s3-backfill')
    .description(
      'Brings over what a bucket held before S3 replication was switched on, and proves object by object that it arrived.',
    )
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', EXIT_CODES)
    .exitOverride()
    .configureOutput({
      getOutHelpWidth: () => terminal.stdout.columns ?? HELP_COLUMNS,
      getErrHelpWidth: () => terminal.stderr.columns ?? HELP_COLUMNS,
      writeOut: (text) => terminal.stdout.stream.write(text),
      writeErr: (text) => terminal.stderr.stream.write(text),
      outputError: (text) =>
        void terminal.stderr.line(
          `s3-backfill: ${text
            .replace(/^error: /, '')
            .trim()
            .replaceAll(/\s*\n\s*/g, ' ')}`,
        ),
    });
  for (const option of connectionOptions()) program.addOption(option);
  program.hook('preAction', (_, command) => passDown(program, command));
  for (const add of [
    addStart,
    addStop,
    addWatch,
    addHistory,
    addFailures,
    addReport,
    addRuns,
    addReconciliations,
    addDoctor,
    addSelftest,
    addRestore,
    addLocal,
    addRun,
    addDemo,
  ])
    add(program, terminal);
  return program;
}

/** Options that stand before the command are the command's own, where it has them. */
function passDown(program: Command, command: Command): void {
  for (const option of program.options) {
    const name = option.attributeName();
    const value: unknown = program.getOptionValue(name);
    if (value === undefined) continue;
    if (!command.options.some((own) => own.attributeName() === name))
      throw new UsageError(`${option.long ?? name} means nothing to \`s3-backfill ${command.name()}\`.`);
    command.setOptionValueWithSource(name, value, 'cli');
  }
}

function version(): string {
  return (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version;
}

function explain(error: unknown): { code: number; message: string } {
  if (error instanceof UsageError || error instanceof BackfillError) return { code: 2, message: error.message };
  const failure = callFailure(error);
  switch (failure.kind) {
    case 'unreachable':
      return { code: 3, message: failure.message };
    case 'refused':
      return { code: 2, message: failure.message };
    case 'other':
      return { code: 1, message: failure.message };
  }
}

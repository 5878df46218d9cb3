import type { Command } from 'commander';
import type { RunDescription } from '../../adapters/step-functions/run-client.js';
import { runCause } from '../../contracts/run-cause.js';
import { summary } from '../../contracts/tally.js';
import { openRecords, positive, RUNS_FOLDER, withPairOptions, type PairOptions } from '../options.js';
import { duration } from '../print/duration.js';
import { parseJson } from '../print/ending.js';
import { safeText } from '../print/safe-text.js';
import { columns } from '../print/table.js';
import type { Terminal } from '../terminal.js';

interface RunsOptions extends PairOptions {
  limit: number;
  json: boolean;
}

export function addRuns(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('runs')
      .description('The runs of a pair, newest first: status, start, duration, counts.')
      .option('--limit <count>', 'how many', positive, 20),
  )
    .option('--json', 'the same as a JSON list', false)
    .addHelpText(
      'after',
      `
Without --pair and --state-machine, those that were left in ./s3-backfill-runs.

Example:
  $ s3-backfill runs --pair photos`,
    )
    .action((options: RunsOptions) => runs(options, terminal));
}

async function runs(options: RunsOptions, terminal: Terminal): Promise<void> {
  const found: ReturnType<typeof entryOf>[] = [];
  for await (const run of (await openRecords(options, terminal)).list()) {
    if (found.push(entryOf(run)) >= options.limit) break;
  }
  if (options.json) return terminal.stdout.json(found);
  if (found.length === 0)
    return terminal.stdout.line(
      options.pair === undefined && options.stateMachine === undefined
        ? `No runs in ./${RUNS_FOLDER}. Name a pair with --pair to see those that are deployed.`
        : 'No runs yet.',
    );
  await terminal.stdout.lines(
    columns([
      ['RUN', 'STATUS', 'STARTED', 'TOOK', 'EXPECTED', 'VERIFIED', 'FAILED'],
      ...found.map(({ name, status, error, startedAt, seconds, expected, verified, failed }) => [
        safeText(name),
        safeText(error ?? status),
        startedAt,
        duration(seconds * 1000),
        ...[expected, verified, failed].map((count) => count?.toLocaleString('en') ?? ''),
      ]),
    ]),
  );
}

function entryOf({ name, status, error, startedAt, stoppedAt, output, cause }: RunDescription) {
  return {
    name,
    status,
    ...(error === undefined ? {} : { error }),
    startedAt: new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    seconds: Math.max(0, ((stoppedAt ?? Date.now()) - startedAt) / 1000),
    ...countsOf(output, cause),
  };
}

/** A run that came to its end says its counts in its output, or in its cause. */
function countsOf(output: string | undefined, cause: string | undefined) {
  const succeeded = summary.safeParse(parseJson(output)).data;
  const counts = succeeded ?? runCause.safeParse(parseJson(cause)).data?.counts;
  return counts
    ? {
        expected: counts.expected,
        verified: counts.verified.identical + counts.verified.copied,
        failed: counts.failed,
      }
    : {};
}

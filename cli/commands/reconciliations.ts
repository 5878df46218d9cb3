import type { Command } from 'commander';
import type { Reconciliation } from '../../contracts/reconciliation.js';
import { openDeployed, positive, withPairOptions, type PairOptions } from '../options.js';
import { reconciliationLines } from '../print/reconciliations.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface ReconciliationsOptions extends PairOptions {
  limit: number;
  json: boolean;
}

export function addReconciliations(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('reconciliations')
      .description(
        'The daily reconciliations of a pair, newest last: what was missing, what was brought over, what still is; and a plot of it.',
      )
      .argument('[pair]', 'the pair; the same as --pair')
      .option('--limit <count>', 'how many of the newest', positive, 30),
  )
    .option('--json', 'the lines of the history as a JSON list', false)
    .addHelpText(
      'after',
      `
STATUS  InSync      nothing had to be brought over
        Repaired    all that was missing is there now
        Incomplete  something is still missing; RUN has failures
        StoppedByFence  maxObjects, maxBytes or stopAfter of the pair ended the repair; RUN says how to go on
        Failed      there is no answer; the line below says why
        DryRun      counted only
WAY     compare     Athena compared the inventories of both sides
        difference  and a run brought over the rows that it named
        whole       a run compared the whole inventory with a listing of the destination

The schedule starts one every day; in between, start an execution of the state machine
s3-backfill-<pair>-reconcile, with the input {} or {"dryRun": true}.

Examples:
  $ s3-backfill reconciliations photos
  $ s3-backfill reconciliations photos --limit 365`,
    )
    .action((pair: string | undefined, options: ReconciliationsOptions) => reconciliations(pair, options, terminal));
}

async function reconciliations(
  pair: string | undefined,
  options: ReconciliationsOptions,
  terminal: Terminal,
): Promise<void> {
  if (pair !== undefined && (options.pair !== undefined || options.stateMachine !== undefined))
    throw new UsageError('Expected the pair once: as an argument, as --pair, or as --state-machine.');
  const records = await openDeployed(pair === undefined ? options : { ...options, pair }, terminal);
  const newest: Reconciliation[] = [];
  for await (const line of records.reconciliations()) if (newest.push(line) >= options.limit) break;
  const history = newest.toReversed();
  if (options.json) return terminal.stdout.json(history);
  await terminal.stdout.lines(history.length === 0 ? ['No reconciliations yet.'] : reconciliationLines(history));
}

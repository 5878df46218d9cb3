import { Option, type Command } from 'commander';
import { engines, type CopyEngine } from '../../contracts/run-request.js';
import type { DeployedPair } from '../../adapters/step-functions/deployed-pair.js';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { shellWord } from '../../core/shell-word.js';
import { openDeployed, pairWords, positive, withPairOptions, type PairOptions } from '../options.js';
import { redriveRequest, type RedriveOptions } from '../redrive.js';
import { readRequest, runNameOf } from '../request-file.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';
import { watchToItsEnd } from './watch.js';

interface StartOptions extends PairOptions, RedriveOptions {
  input?: string;
  name?: string;
  engine?: CopyEngine | typeof VERIFY_ONLY;
  proof?: string;
  overwrite?: string;
  maxObjects?: number;
  maxBytes?: number;
  stopAfter?: string;
  watch: boolean;
}

/** What a person would say for the engine "none". */
const VERIFY_ONLY = 'verify-only';

export function addStart(program: Command, terminal: Terminal): void {
  withPairOptions(
    program
      .command('start')
      .description('Start a run of a deployed pair: of all that the pair is, or of what a request says.')
      .option(
        '--input <file>',
        'what differs from the whole pair, a JSON file with fields of the request; - reads standard input',
      )
      .option('--redrive <run>', 'what an earlier run could not bring over: its name, or the ARN of its execution')
      .option('--cause <cause>', 'with --redrive: only what failed for this cause')
      .option('--name <name>', "the run's name, which no run of the pair had in the last 90 days; made up unless given")
      .addOption(
        new Option('--engine <engine>', 'who copies what is missing; verify-only is another word for none').choices([
          ...engines,
          VERIFY_ONLY,
        ]),
      )
      .addOption(
        new Option('--proof <proof>', 'how objects are proved where ETags cannot tell').choices(['listing', 'strong']),
      )
      .addOption(
        new Option(
          '--overwrite <which>',
          'what becomes of objects at the destination that differ and are newer',
        ).choices(['older', 'always']),
      )
      .option('--max-objects <count>', 'copy no more than so many objects', positive)
      .option('--max-bytes <count>', 'copy no more than so many bytes', positive)
      .option('--stop-after <time>', 'begin nothing more after this time of day: 06:00, or "06:00 Europe/Berlin"')
      .option('--watch', 'stay, show how far it comes, and exit as it ends', false),
  )
    .addHelpText(
      'after',
      `
A pair that was deployed with its buckets needs no request. What one says stays within the pair: a prefix
of its source, one of its inventories, filters, dryRun. A pair without buckets takes all of them from it.

Examples:
  $ s3-backfill start --pair photos --watch
  $ echo '{"dryRun": true, "source": {"prefix": "2023/"}}' | s3-backfill start --pair photos --input -
  $ echo '{"manifest": {"list": true}}' | s3-backfill start --pair photos --input -   # no inventory yet
  $ s3-backfill start --pair photos --input request.json --name first-try
  $ s3-backfill start --pair photos --engine verify-only --watch   # copies nothing: proves what another tool did
  $ s3-backfill start --pair photos --redrive first-try --cause AccessDenied --watch`,
    )
    .action((options: StartOptions) => start(options, terminal));
}

async function start(options: StartOptions, terminal: Terminal): Promise<void> {
  const name = runNameOf(options.name);
  const given = options.input === undefined ? undefined : await readRequest(options.input, terminal);

  const records = await openDeployed(options, terminal, options.redrive);
  const asked = withOptions(await redriveRequest(records, given, options), options);
  const request = checkedRequest(asked, records.pair);
  const executionArn = await records.runs.start(records.pair.stateMachineArn, name, request);
  await terminal.stdout.line(`${name} started: ${executionArn}`);
  if (options.watch) return watchToItsEnd(records, name, options, terminal);
  await terminal.stdout.line(`See how it goes: s3-backfill watch ${shellWord(name)}${pairWords(options)}`);
}

/** The command line has the last word. What is no object is left for the request's schema to refuse. */
function withOptions(given: unknown, options: StartOptions): unknown {
  const { engine, proof, overwrite, maxObjects, maxBytes, stopAfter } = options;
  const fields = Object.entries({
    engine: engine === VERIFY_ONLY ? 'none' : engine,
    proof,
    overwrite,
    maxObjects,
    maxBytes,
    stopAfter,
  }).filter(([, value]) => value !== undefined);
  if (fields.length === 0 || (given !== undefined && (typeof given !== 'object' || Array.isArray(given)))) return given;
  return { ...given, ...Object.fromEntries(fields) };
}

/** What the person wrote, as it is: the pair's part is filled in by the run, which knows it as it is deployed then. */
function checkedRequest(given: unknown, { pair, bounds, workBucket }: DeployedPair): unknown {
  if (given === undefined && !bounds)
    throw new UsageError(
      `Pair "${pair}" was deployed without buckets: expected --input FILE, a request that names source, manifest and destination.`,
    );
  const request = given === undefined ? {} : given;
  parseRequest(request, bounds, workBucket);
  return request;
}

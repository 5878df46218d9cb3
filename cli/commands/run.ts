import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { configuredS3Endpoint } from '../../adapters/s3/configured-endpoint.js';
import { reachS3 } from '../../adapters/s3/reach.js';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { startEngine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { s3ConnectionOf, type ConnectionOptions } from '../connection.js';
import { endingLines, jsonOf, runLocally, type LocalRun } from '../local-run.js';
import { connectionOptions } from '../options.js';
import { progressView, silentView } from '../print/progress.js';
import { readRequest, runNameOf } from '../request-file.js';
import type { Terminal } from '../terminal.js';

interface RunOptions extends ConnectionOptions {
  input: string;
  name?: string;
  json: boolean;
}

export function addRun(program: Command, terminal: Terminal): void {
  const command = program
    .command('run')
    .description('Run a whole backfill in this process, on the S3 that the AWS environment names; nothing is deployed.')
    .requiredOption('--input <file>', 'the request, a JSON file; - reads standard input')
    .option('--name <name>', 'the name of the run, also of its folder under s3-backfill-runs/; made up unless given')
    .option('--json', "print the run's summary.json and nothing else", false);
  for (const option of connectionOptions()) command.addOption(option);
  command
    .addHelpText(
      'after',
      `
Interrupted, or killed, the same command finds what is there and does the rest. Report, failures and
history are left in s3-backfill-runs/<name>/.

Examples:
  $ s3-backfill run --input request.json
  $ AWS_ENDPOINT_URL_S3=https://minio.example s3-backfill run --input request.json --profile minio`,
    )
    .action((options: RunOptions) => run(options, terminal));
}

/** Exit code 0 verified, 1 not verified or stopped, 2 a request that is none, 3 S3 cannot be reached. */
async function run(options: RunOptions, terminal: Terminal): Promise<void> {
  const runId = runNameOf(options.name);
  const request = await readRequest(options.input, terminal);
  const { source } = parseRequest(request);
  if (options.profile !== undefined) terminal.useProfile(options.profile);
  const connection = s3ConnectionOf(options, terminal.env, await configuredS3Endpoint());
  // A server other than AWS may know no Region, and takes any.
  const region = connection.region ?? (connection.endpoint === undefined ? undefined : 'us-east-1');
  await reachS3({ ...connection, ...(region === undefined ? {} : { region }) }, source.bucket);

  const signal = terminal.interrupts();
  // Nobody else on this machine can guess the key of the engine's port.
  const credentials = { accessKeyId: 'this-process', secretAccessKey: randomBytes(24).toString('hex') };
  const engine = await startEngine({ credentials });
  try {
    const objects = handlersEnvironment(terminal.env, connection.endpoint, region);
    const pipeline = await deployPipeline(engine, { pair: 'run', objects });
    const view = options.json ? silentView : progressView(terminal.stdout.stream);
    const done = await runLocally(engine, pipeline, { runId, request, view, signal, folder: terminal.folder });
    terminal.exitCode = done.ended.status === 'SUCCEEDED' ? 0 : 1;
    if (done.ended.status === 'ABORTED') await terminal.stderr.line(`s3-backfill: ${stoppedAt(done)}`);
    else if (options.json) await terminal.stdout.json(jsonOf(done));
    else await terminal.stdout.lines(['', ...endingLines(done).map((line) => line && `  ${line}`)]);
  } finally {
    await engine.close();
  }
}

/** What this process finds, the handlers find: its environment, with what the command line and the profile say of S3. */
function handlersEnvironment(
  env: Terminal['env'],
  endpoint: string | undefined,
  region: string | undefined,
): Record<string, string> {
  const found = {
    ...env,
    ...(endpoint === undefined ? {} : { AWS_ENDPOINT_URL_S3: endpoint }),
    ...(region === undefined ? {} : { AWS_REGION: region }),
  };
  return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function stoppedAt({ ended }: LocalRun): string {
  const last = ended.maps.at(-1);
  const how = last
    ? `in ${last.state}, pass ${last.pass}, after ${last.succeeded} of ${last.total}`
    : 'before anything was copied';
  return `Stopped ${how}. The same command finds what is there and does the rest.`;
}

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { whyUnreachable } from '../../adapters/s3/reach.js';
import type { RunRequestInput } from '../../contracts/run-request.js';
import { parseRequest } from '../../core/prepare/parse-request.js';
import { startEngine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { endingLines, runLocally, type LocalRun } from '../local-run.js';
import { progressView, silentView } from '../print/progress.js';
import { safeText } from '../print/safe-text.js';

interface RunOptions {
  input: string;
  name?: string;
  endpointUrl?: string;
  region?: string;
  profile?: string;
  json: boolean;
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('Run a whole backfill in this process, on the S3 that the AWS environment names; nothing is deployed.')
    .requiredOption('--input <file>', 'the request, a JSON file; - reads standard input')
    .option('--name <name>', 'the name of the run, also of its folder under s3-backfill-runs/')
    .option('--endpoint-url <url>', 'where S3 is, when it is not AWS (AWS_ENDPOINT_URL_S3)')
    .option('--region <region>', 'Region (AWS_REGION)')
    .option('--profile <profile>', 'profile of the AWS configuration (AWS_PROFILE)')
    .option('--json', "print the run's summary.json and nothing else", false)
    .addHelpText(
      'after',
      '\nExample:\n  $ s3-backfill run --input request.json\n\nInterrupted, or killed, the same command finds what is there and does the rest.',
    )
    .action(async (options: RunOptions) => {
      process.exitCode = await run(options);
    });
}

/** Exit code 0 verified, 1 not verified or stopped, 2 a request that is none, 3 S3 cannot be reached. */
async function run(options: RunOptions): Promise<number> {
  let request: RunRequestInput;
  try {
    request = await readRequest(options.input);
    parseRequest(request);
  } catch (error) {
    return complain(2, (error as Error).message);
  }
  const environment = objectsEnvironment(options);
  // What the SDK finds in this process, the handlers find in theirs.
  Object.assign(process.env, environment);
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL'];
  const unreachable = await whyUnreachable({ endpoint }, request.source.bucket);
  if (unreachable !== undefined)
    return complain(3, `${unreachable}. Check endpoint, Region and credentials, then start again.`);

  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  // Nobody else on this machine can guess the key of the engine's port.
  const credentials = { accessKeyId: 'this-process', secretAccessKey: randomBytes(24).toString('hex') };
  const engine = await startEngine({ credentials });
  try {
    const pipeline = await deployPipeline(engine, { pair: 'run', objects: environment });
    const runId = options.name ?? `run-${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
    const view = options.json ? silentView : progressView(process.stdout);
    const done = await runLocally(engine, pipeline, { runId, request, view, signal: interrupt.signal });
    if (interrupt.signal.aborted) return complain(1, stoppedAt(done));
    if (options.json)
      console.log(
        JSON.stringify(done.summary ?? { runId, status: done.ended.status, error: done.ended.error }, null, 2),
      );
    else for (const line of ['', ...endingLines(done)]) console.log(line && `  ${line}`);
    return done.ended.status === 'SUCCEEDED' ? 0 : 1;
  } finally {
    await engine.close();
  }
}

async function readRequest(path: string): Promise<RunRequestInput> {
  const content = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  try {
    return JSON.parse(content) as RunRequestInput;
  } catch (error) {
    throw new Error(`${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

/** The AWS environment of this process, with what the command line says; a server other than AWS may know no Region. */
function objectsEnvironment({ endpointUrl, region, profile }: RunOptions): Record<string, string> {
  const found = Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  if (profile !== undefined) found['AWS_PROFILE'] = profile;
  if (endpointUrl !== undefined) found['AWS_ENDPOINT_URL_S3'] = endpointUrl;
  const hasEndpoint = found['AWS_ENDPOINT_URL_S3'] !== undefined || found['AWS_ENDPOINT_URL'] !== undefined;
  const named = region ?? found['AWS_REGION'] ?? found['AWS_DEFAULT_REGION'] ?? (hasEndpoint ? 'us-east-1' : undefined);
  return named === undefined ? found : { ...found, AWS_REGION: named };
}

function stoppedAt({ ended }: LocalRun): string {
  const last = ended.maps.at(-1);
  const how = last
    ? `in ${last.state}, pass ${last.pass}, after ${last.succeeded} of ${last.total}`
    : 'before anything was copied';
  return `Stopped ${how}. The same command finds what is there and does the rest.`;
}

function complain(code: number, message: string): number {
  console.error(`s3-backfill: ${safeText(message)}`);
  return code;
}

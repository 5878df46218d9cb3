import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { DynamoFailureTable } from '../../adapters/dynamodb/failure-table.js';
import { RunClient, type RunProgress } from '../../adapters/step-functions/run-client.js';
import type { Failure } from '../../contracts/failure.js';
import {
  plan as planSchema,
  summary as summarySchema,
  tally as tallySchema,
  type Summary,
} from '../../contracts/tally.js';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline, type Pipeline } from '../../local/pipeline.js';
import { setStage, type Stage } from '../demo/stage.js';
import { progressView, silentView, type ProgressView } from '../print/progress.js';
import { safeText } from '../print/safe-text.js';
import { countCauses, summaryLines } from '../print/summary.js';
import { leaveRun, type LeftBehind } from '../run-folder.js';

interface DemoOptions {
  objects: number;
  deny: number;
  json: boolean;
}

const POLL_MS = 150;
/** The embedded S3 recovers sooner than the real one. */
const RETRY_DELAY_MS = 40;
const LARGEST_CHUNK_ROWS = 10_000;
const SMALLEST_CHUNK_ROWS = 100;

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('Play a whole backfill on the embedded engine: buckets, inventory, faults, copy, proof.')
    .option('--objects <count>', 'objects in the source bucket', wholeNumber, 2_000)
    .option('--deny <count>', 'objects that may not be read, for good', wholeNumber, 0)
    .option('--json', "print the run's summary.json and nothing else", false)
    .action(async (options: DemoOptions) => {
      process.exitCode = await demo(options);
    });
}

/** Exit code 0 when the run is verified, 1 when it is not. */
async function demo(options: DemoOptions): Promise<number> {
  const say = (line = '') => {
    if (!options.json) console.log(line);
  };
  const began = performance.now();
  const engine = await startEngine();
  try {
    const chunkRows = Math.max(SMALLEST_CHUNK_ROWS, Math.min(LARGEST_CHUNK_ROWS, Math.ceil(options.objects / 16)));
    const pipeline = await deployPipeline(engine, { pair: 'demo', chunkRows, retryDelayMs: RETRY_DELAY_MS });
    const stage = setStage(engine, pipeline, options);
    say(`s3-backfill on the embedded engine, ${engine.endpoint}\n`);
    for (const line of stage.setting) say(`  ${line}`);
    say();

    const runId = `demo-${new Date(engine.clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
    const view = options.json ? silentView : progressView(process.stdout);
    const { executionArn, ended } = await play(engine, pipeline, stage, runId, view);
    const { left, failures } = await keep(engine, pipeline, runId, executionArn);
    const summary = readSummary(engine, pipeline, runId);
    if (options.json)
      console.log(JSON.stringify(summary ?? { runId, status: ended.status, error: ended.error }, null, 2));
    say();
    for (const line of ending(ended, summary, failures, left)) say(line && `  ${line}`);
    say(`  workers      ${workers(engine)}`);
    say(`  time         ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return ended.status === 'SUCCEEDED' ? 0 : 1;
  } finally {
    await engine.close();
  }
}

async function play(engine: Engine, pipeline: Pipeline, stage: Stage, runId: string, view: ProgressView) {
  const runs = new RunClient(engine);
  const executionArn = await runs.start(pipeline.stateMachineArn, runId, stage.request);
  for (;;) {
    const ended = await runs.progress(executionArn);
    view.show(ended, (pass) => objectsOf(engine, pipeline, runId, pass), engine.clock.now());
    if (ended.status !== 'RUNNING') {
      view.end();
      return { executionArn, ended };
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function keep(engine: Engine, pipeline: Pipeline, runId: string, executionArn: string) {
  const root = `runs/${runId}/`;
  function* files() {
    for (const { key } of engine.s3.listObjects(pipeline.workBucket, root)) {
      const body = engine.s3.getObject(pipeline.workBucket, key)?.body;
      if (body) yield { name: key.slice(root.length), body };
    }
  }
  const failures: Failure[] = await collect(
    new DynamoFailureTable(pipeline.failureTable, engine.clock, engine).ofRun(runId),
  );
  const history = await collect(new RunClient(engine).history(executionArn));
  return { failures, left: await leaveRun(`s3-backfill-runs/${runId}`, { files: files(), failures, history }) };
}

/** The first pass is about what the plan expects, a later one about what the pass before it still owed. */
function objectsOf(engine: Engine, pipeline: Pipeline, runId: string, pass: number): number | undefined {
  const read = (name: string) =>
    engine.s3.getObject(pipeline.workBucket, `runs/${runId}/${name}`)?.body.toString('utf8');
  if (pass === 1) {
    const stored = read('plan.json');
    return stored === undefined ? undefined : planSchema.parse(JSON.parse(stored)).expected;
  }
  const stored = read(`pass-${pass - 1}/tally.json`);
  return stored === undefined ? undefined : tallySchema.parse(JSON.parse(stored)).totals.owed;
}

function readSummary(engine: Engine, pipeline: Pipeline, runId: string): Summary | undefined {
  const stored = engine.s3.getObject(pipeline.workBucket, `runs/${runId}/summary.json`);
  return stored && summarySchema.parse(JSON.parse(stored.body.toString('utf8')));
}

function ending(
  ended: RunProgress,
  summary: Summary | undefined,
  failures: readonly Failure[],
  left: LeftBehind,
): string[] {
  const lines = [summary?.status ?? ended.error ?? ended.status, ''];
  if (summary) lines.push(...summaryLines(summary));
  else lines.push(safeText(ended.cause ?? ''));
  lines.push('');
  for (const { cause, status, rows, remedy } of countCauses(failures)) {
    lines.push(
      status === 'resolved'
        ? `made good      ${rows} failed with ${cause} at first, and arrived in a later try`
        : `failed         ${rows} with ${cause}. ${remedy}`,
    );
  }
  for (const { key, cause, status } of failures)
    if (status === 'open') lines.push(`  ${cause} ${safeText(key ?? 'a whole chunk')}`);
  lines.push('', `report       ${left.report}`, `failures     ${left.failures}`, `history      ${left.history}`);
  return lines;
}

/** The most that any worker held, heap and external memory, by function. */
function workers(engine: Engine): string {
  const [largest] = engine.lambda.peaks().toSorted((a, b) => b.peakBytes - a.peakBytes);
  return largest
    ? `the largest held ${(largest.peakBytes / 2 ** 20).toFixed(0)} MiB (${largest.functionName})`
    : 'none ran';
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number.');
  return value;
}

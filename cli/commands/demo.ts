import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { boundsOfDays, daysOfPair, LEAST_OBJECTS, MOST_DAYS } from '../demo/pair-of-days.js';
import { playDays } from '../demo/play-days.js';
import { setStage } from '../demo/stage.js';
import { endingLines, jsonOf, runLocally } from '../local-run.js';
import { progressView, silentView } from '../print/progress.js';
import { reconciliationLines } from '../print/reconciliations.js';
import type { Terminal } from '../terminal.js';
import { UsageError } from '../usage-error.js';

interface DemoOptions {
  objects: number;
  deny: number;
  days?: number;
  json: boolean;
}

/** The embedded S3 recovers sooner than the real one. */
const RETRY_DELAY_MS = 40;
const LARGEST_CHUNK_ROWS = 10_000;
const SMALLEST_CHUNK_ROWS = 100;

export function addDemo(program: Command, terminal: Terminal): void {
  program
    .command('demo')
    .description('Play a whole backfill on the embedded engine: buckets, inventory, faults, copy, proof.')
    .option('--objects <count>', 'objects in the source bucket', wholeNumber, 2_000)
    .option('--deny <count>', 'objects that may not be read, for good', wholeNumber, 0)
    .option(
      '--days <count>',
      `play so many days of a pair that is reconciled every day instead, 1 to ${MOST_DAYS}`,
      numberOfDays,
    )
    .option('--json', "print the run's summary.json, or the days' lines of the history, and nothing else", false)
    .addHelpText(
      'after',
      '\nExamples:\n  $ s3-backfill demo\n  $ s3-backfill demo --objects 20000 --deny 7\n  $ s3-backfill demo --days 3',
    )
    .action(({ days, ...options }: DemoOptions) =>
      days === undefined ? demo(options, terminal) : demoOfDays({ days, ...options }, terminal),
    );
}

/** Exit code 0 when the run is verified, 1 when it is not. */
async function demo(options: Omit<DemoOptions, 'days'>, terminal: Terminal): Promise<void> {
  const say = (lines: readonly string[]) => (options.json ? undefined : terminal.stdout.lines(lines));
  const began = performance.now();
  const signal = terminal.interrupts();
  const engine = await startEngine();
  try {
    const chunkRows = chunkRowsFor(options.objects);
    const pipeline = await deployPipeline(engine, { pair: 'demo', chunkRows, retryDelayMs: RETRY_DELAY_MS });
    const { request, setting } = setStage(engine, pipeline, options);
    await say([
      `s3-backfill on the embedded engine, ${engine.endpoint}`,
      '',
      ...setting.map((line) => `  ${line}`),
      '',
    ]);

    const runId = `demo-${new Date(engine.clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
    const view = options.json ? silentView : progressView(terminal.stdout.stream);
    const run = await runLocally(engine, pipeline, { runId, request, view, signal, folder: terminal.folder });
    if (options.json) await terminal.stdout.json(jsonOf(run));
    const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    const lines = [...endingLines(run), `workers        ${workers(engine)}`, `time           ${took}`];
    await say(['', ...lines.map((line) => line && `  ${line}`)]);
    terminal.exitCode = run.ended.status === 'SUCCEEDED' ? 0 : 1;
  } finally {
    await engine.close();
  }
}

/** Exit code 0 when every day ended as it had to, the second with exactly those objects copied that it lacked; 1 otherwise. */
async function demoOfDays(options: DemoOptions & { days: number }, terminal: Terminal): Promise<void> {
  const { days, objects, deny, json } = options;
  if (deny > 0) throw new UsageError('Expected no --deny beside --days, on which all objects may be read.');
  if (objects < LEAST_OBJECTS)
    throw new UsageError(`Expected --objects from ${LEAST_OBJECTS} on beside --days, got ${objects}.`);
  const say = async (lines: readonly string[]) => (json ? undefined : terminal.stdout.lines(lines));
  const signal = terminal.interrupts();
  const engine = await startEngine();
  try {
    const pipeline = await deployPipeline(engine, {
      pair: 'demo',
      bounds: boundsOfDays,
      chunkRows: chunkRowsFor(objects),
      retryDelayMs: RETRY_DELAY_MS,
    });
    await say([`s3-backfill on the embedded engine, ${engine.endpoint}: a pair that is reconciled every day`, '']);
    const { history, verdict } = await playDays(engine, pipeline, daysOfPair(engine, days, objects), {
      say: (line) => say([`  ${line}`]),
      signal,
    });
    if (json) await terminal.stdout.json(history);
    await say(['', ...reconciliationLines(history).map((line) => line && `  ${line}`)]);
    terminal.exitCode = verdict === 'asExpected' ? 0 : 1;
  } finally {
    await engine.close();
  }
}

/** Sixteen chunks or more, so that the fan-out shows. */
function chunkRowsFor(objects: number): number {
  return Math.max(SMALLEST_CHUNK_ROWS, Math.min(LARGEST_CHUNK_ROWS, Math.ceil(objects / 16)));
}

/** The most that any worker held, heap and external memory, by function. */
function workers(engine: Engine): string {
  const [largest] = engine.lambda.peaks().toSorted((a, b) => b.peakBytes - a.peakBytes);
  return largest
    ? `the largest held ${(largest.peakBytes / 2 ** 20).toFixed(0)} MiB (${largest.functionName})`
    : 'none ran';
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number.');
  return value;
}

function numberOfDays(text: string): number {
  const days = wholeNumber(text);
  if (days < 1 || days > MOST_DAYS)
    throw new InvalidArgumentError('expected 1, 2 or 3: a day in sync, one on which much is missing, the day after.');
  return days;
}

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { setStage } from '../demo/stage.js';
import { endingLines, jsonOf, runLocally } from '../local-run.js';
import { progressView, silentView } from '../print/progress.js';
import type { Terminal } from '../terminal.js';

interface DemoOptions {
  objects: number;
  deny: number;
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
    .option('--json', "print the run's summary.json and nothing else", false)
    .addHelpText('after', '\nExamples:\n  $ s3-backfill demo\n  $ s3-backfill demo --objects 20000 --deny 7')
    .action((options: DemoOptions) => demo(options, terminal));
}

/** Exit code 0 when the run is verified, 1 when it is not. */
async function demo(options: DemoOptions, terminal: Terminal): Promise<void> {
  const say = (lines: readonly string[]) => (options.json ? undefined : terminal.stdout.lines(lines));
  const began = performance.now();
  const signal = terminal.interrupts();
  const engine = await startEngine();
  try {
    // Sixteen chunks or more, so that the fan-out shows.
    const chunkRows = Math.max(SMALLEST_CHUNK_ROWS, Math.min(LARGEST_CHUNK_ROWS, Math.ceil(options.objects / 16)));
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

import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { startEngine, type Engine } from '../../local/engine.js';
import { deployPipeline } from '../../local/pipeline.js';
import { setStage } from '../demo/stage.js';
import { endingLines, runLocally } from '../local-run.js';
import { progressView, silentView } from '../print/progress.js';

interface DemoOptions {
  objects: number;
  deny: number;
  json: boolean;
}

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
    .addHelpText('after', '\nExamples:\n  $ s3-backfill demo\n  $ s3-backfill demo --objects 20000 --deny 7')
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
    // Sixteen chunks or more, so that the fan-out shows.
    const chunkRows = Math.max(SMALLEST_CHUNK_ROWS, Math.min(LARGEST_CHUNK_ROWS, Math.ceil(options.objects / 16)));
    const pipeline = await deployPipeline(engine, { pair: 'demo', chunkRows, retryDelayMs: RETRY_DELAY_MS });
    const stage = setStage(engine, pipeline, options);
    say(`s3-backfill on the embedded engine, ${engine.endpoint}\n`);
    for (const line of stage.setting) say(`  ${line}`);
    say();

    const runId = `demo-${new Date(engine.clock.now()).toISOString().slice(0, 19).replaceAll(':', '-')}Z`;
    const view = options.json ? silentView : progressView(process.stdout);
    const run = await runLocally(engine, pipeline, { runId, request: stage.request, view });
    if (options.json)
      console.log(JSON.stringify(run.summary ?? { runId, status: run.ended.status, error: run.ended.error }, null, 2));
    say();
    for (const line of endingLines(run)) say(line && `  ${line}`);
    say(`  workers        ${workers(engine)}`);
    say(`  time           ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return run.ended.status === 'SUCCEEDED' ? 0 : 1;
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

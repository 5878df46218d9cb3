import { RunClient } from '../adapters/step-functions/run-client.js';
import { setStage } from '../cli/demo/stage.js';
import { startEngine } from '../local/engine.js';
import { deployPipeline } from '../local/pipeline.js';

/**
 * Whole runs of different sizes with chunks of the same size: requests to the destination, time, and the most that a
 * worker held (heap and external memory) by function. Each size is run twice; the second run has nothing to copy.
 * Run: npx tsx bench/run-size.ts 20000 200000
 */
const sizes = process.argv.slice(2).map(Number);
for (const objects of sizes.length > 0 ? sizes : [20_000, 200_000]) await measure(objects);

async function measure(objects: number): Promise<void> {
  const engine = await startEngine();
  const pipeline = await deployPipeline(engine);
  const { request } = setStage(engine, pipeline, { objects, deny: 0 });
  engine.s3.faults.clear();
  const runs = new RunClient(engine);
  for (const name of ['first', 'second']) {
    engine.s3.requests.reset();
    const began = performance.now();
    const executionArn = await runs.start(pipeline.stateMachineArn, name, request);
    let progress = await runs.progress(executionArn);
    while (progress.status === 'RUNNING') {
      await new Promise((resolve) => setTimeout(resolve, 200));
      progress = await runs.progress(executionArn);
    }
    const count = (operation: 'ListObjectsV2' | 'HeadObject' | 'CopyObject') =>
      engine.s3.requests.count({ operation, bucket: 'demo-destination' });
    const looks = count('ListObjectsV2') + count('HeadObject');
    console.log(
      `${objects} objects, ${name} run: ${progress.status} in ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    console.log(
      `  destination: ${count('CopyObject')} CopyObject, ${looks} LIST + HEAD = ${((looks * 1000) / objects).toFixed(2)} per 1,000 objects`,
    );
  }
  for (const { functionName, invocations, peakBytes } of engine.lambda.peaks())
    console.log(
      `  ${functionName.padEnd(40)} ${String(invocations).padStart(5)} calls, at most ${(peakBytes / 2 ** 20).toFixed(0)} MiB held`,
    );
  await engine.close();
}

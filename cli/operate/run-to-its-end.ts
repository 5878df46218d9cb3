import { clock } from '../../adapters/clock.js';
import type { DeployedRecords } from '../../adapters/records/deployed-records.js';
import type { EndedRun } from '../../core/operate/ended-run.js';
import { readSummary } from '../../core/report/read-report.js';
import { causeSentence } from '../print/cause.js';
import { silentView } from '../print/progress.js';
import { watchRun } from '../watch-run.js';

/** Starts an execution and waits for its end; stops it when `signal` is aborted, or when it cannot be watched any more. */
export async function runToItsEnd(
  records: DeployedRecords,
  name: string,
  input: unknown,
  signal: AbortSignal,
): Promise<EndedRun> {
  const { runs } = records;
  const executionArn = await runs.start(records.pair.stateMachineArn, name, input);
  try {
    const record = await records.open(name);
    let ended = await watchRun({ executionArn, runId: name, runs, files: record.files }, silentView, signal);
    if (ended.status === 'RUNNING') {
      await stop(runs, executionArn, 'Interrupted where it was started.');
      ended = await runs.progress(executionArn);
    }
    const states: string[] = [];
    for await (const { stateEnteredEventDetails } of record.events())
      if (stateEnteredEventDetails?.name !== undefined) states.push(stateEnteredEventDetails.name);
    const failures: EndedRun['failures'][number][] = [];
    for await (const failure of record.failures()) failures.push(failure);
    return {
      name,
      status: ended.status,
      error: ended.error,
      message: causeSentence(ended.cause),
      summary: await readSummary(record.files, name),
      failures,
      states,
    };
  } catch (error) {
    await stop(runs, executionArn, 'It could not be watched any more.').catch(() => undefined);
    throw error;
  }
}

/** Stopping an execution does not stop the Lambda function that is at work: over a few objects it ends in about a second. */
const SETTLE_MS = 2_000;

async function stop(runs: DeployedRecords['runs'], executionArn: string, why: string): Promise<void> {
  await runs.stop(executionArn, why);
  await clock.sleep(SETTLE_MS);
}

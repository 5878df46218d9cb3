import { jobEnd, type FailedTask } from '../../contracts/replication-job.js';
import { hopelessCause } from '../copy/early-stop.js';
import { externalSort } from '../external-sort.js';
import type { Ports } from '../ports.js';
import { readJson, runFiles } from '../run-files.js';
import { compareTasks, writeFailedTasks } from './failed-tasks.js';
import { failedTasks } from './report-tasks.js';

export interface ReadJobReportAnswer {
  /** Failed tasks in the report. */
  failed: number;
  /** The most frequent causes. */
  causes: Record<string, number>;
  /** The cause that stopped the whole run. */
  stop: string | null;
}

/** About 100,000 tasks at once. */
const SORT_MEMORY_BYTES = 64 * 1024 * 1024;
const TOP_CAUSES = 10;

/**
 * State ReadJobReport: brings the failed tasks of a job's completion report into the order of keys, in which VerifyChunk finds
 * those of its chunk. What the report says of the others is not needed: a listing shows it. Any number of tasks goes through
 * the same memory. Stops the run where nearly all failed for one cause.
 */
export async function readJobReport(
  ports: Pick<Ports, 'work' | 'failures' | 'scratch'>,
  { runId, pass, id }: { runId: string; pass: number; id: string },
): Promise<ReadJobReportAnswer> {
  const paths = runFiles(runId);
  const end = await readJson(ports.work, paths.jobEnd(pass), jobEnd);
  const causes = new Map<string, number>();
  let failed = 0;
  async function* counted(): AsyncGenerator<FailedTask> {
    for await (const task of failedTasks(ports.work, `${paths.jobReport(pass)}/job-${id}/`)) {
      failed += 1;
      causes.set(task.cause, (causes.get(task.cause) ?? 0) + 1);
      yield task;
    }
  }
  const scratch = ports.scratch();
  try {
    const sorted = externalSort<FailedTask>(counted(), {
      compare: compareTasks,
      encode: JSON.stringify,
      decode: (line) => JSON.parse(line) as FailedTask,
      weigh: ({ key, message }) => 400 + 2 * (key.length + message.length),
      memory: SORT_MEMORY_BYTES,
      scratch,
    });
    await writeFailedTasks(ports.work, { runId, pass }, sorted);
  } finally {
    await scratch.clear();
  }
  const stop = hopelessCause({ attempts: Math.max(failed, end.succeeded + end.failed), failures: causes });
  if (stop !== undefined) await ports.failures.stop(runId, stop);
  const top = [...causes].toSorted(([, a], [, b]) => b - a).slice(0, TOP_CAUSES);
  return { failed, causes: Object.fromEntries(top), stop: stop ?? null };
}

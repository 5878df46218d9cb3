import { jobEnds, jobPlan, type JobEnd } from '../../contracts/replication-job.js';
import type { JobState, Ports } from '../ports.js';
import { readJson, readRun, runFiles, writeJson } from '../run-files.js';
import { placeOf } from './job-place.js';

export interface CheckJobAnswer {
  id: string;
  ended: boolean;
  /** In S3's words. */
  status: string;
  tasks: number;
  succeeded: number;
  failed: number;
  /** Before it is asked for again; 0 where it has ended. */
  waitSeconds: number;
}

/** S3 may not know a job at once that it has just answered. */
const UNKNOWN_AT_MOST_MS = 5 * 60_000;
const LEAST_WAIT_SECONDS = 15;
const LONGEST_WAIT_SECONDS = 30 * 60;
const WAIT_OF_AGE = 0.1;

/** State CheckJob: looks whether a job has ended, and puts its end on file. */
export async function checkJob(
  ports: Pick<Ports, 'work' | 'jobs' | 'clock'>,
  { runId, pass, id }: { runId: string; pass: number; id: string },
): Promise<CheckJobAnswer> {
  const run = await readRun(ports, runId);
  const { plannedAt, tasks } = await readJson(ports.work, runFiles(runId).jobPlan(pass), jobPlan);
  const age = ports.clock.now() - plannedAt;
  const job = (await ports.jobs.describe(placeOf(run).account, id)) ?? unknown(id, age, tasks);
  const { status, succeeded, failed, reasons } = job;
  const ended = jobEnds.find((end) => end === status);
  const seen = { id, status, tasks: job.tasks, succeeded, failed };
  if (ended === undefined) return { ...seen, ended: false, waitSeconds: waitAt(age) };
  const end = { id, status: ended, tasks: job.tasks, succeeded, failed, reasons: [...reasons] } satisfies JobEnd;
  await writeJson(ports.work, runFiles(runId).jobEnd(pass), end);
  return { ...seen, ended: true, waitSeconds: 0 };
}

/**
 * A tenth of the job's age: it is seen to have ended when it has taken a tenth longer at most, and a job of weeks does not fill
 * the history of its execution.
 */
function waitAt(ageMs: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(LEAST_WAIT_SECONDS, Math.ceil((ageMs * WAIT_OF_AGE) / 1000)));
}

function unknown(id: string, age: number, tasks: number): JobState {
  const none = { tasks, succeeded: 0, failed: 0 };
  if (age < UNKNOWN_AT_MOST_MS) return { ...none, status: 'New', reasons: [] };
  const message = `S3 Batch Operations knows no job ${id}: it forgets jobs 90 days after their end.`;
  return { ...none, status: 'Failed', reasons: [{ code: 'NoSuchJob', message }] };
}

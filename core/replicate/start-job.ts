import { createHash } from 'node:crypto';
import { chunk as chunkSchema, type Chunk } from '../../contracts/chunk.js';
import type { FenceName } from '../../contracts/fence.js';
import { begunJob, jobPlan, type JobPlan } from '../../contracts/replication-job.js';
import type { Run } from '../../contracts/run.js';
import { BackfillError } from '../errors.js';
import { readLines } from '../lines.js';
import type { Ports } from '../ports.js';
import { readJson, readRun, runFiles } from '../run-files.js';
import { tasksOf } from './job-manifest.js';
import { placeOf } from './job-place.js';

/** What this state reaches. */
type StartPorts = Pick<Ports, 'work' | 'failures' | 'jobs' | 'clock' | 'random'>;

export interface StartJobAnswer {
  /** Null where nothing was queued: then there is no job. */
  id: string | null;
  /** Object versions in its manifest, and the sum of their sizes. */
  tasks: number;
  bytes: number;
  /** Before it is asked for. */
  waitSeconds: number;
}

/** Chunks whose lines are made at once: 10,000 rows each. */
const CHUNKS_AT_ONCE = 8;
/** S3 takes more; what one call can put together in its time is a third of that and more. */
export const MOST_TASKS = 100_000_000;
const FIRST_WAIT_SECONDS = 15;

/**
 * State StartJob: makes a job of S3 Batch Replication of what CopyChunk queued in this pass. Called again for the same pass it
 * is the same job. Throws JobRefused where S3 does not take it, JobTooLarge where it would be more than one.
 */
export async function startJob(ports: StartPorts, input: { runId: string; pass: number }): Promise<StartJobAnswer> {
  const run = await readRun(ports, input.runId);
  const plan = await planOf(ports, run, input.pass);
  const { tasks, bytes } = plan;
  if (tasks === 0) return { id: null, tasks, bytes, waitSeconds: 0 };

  await cancelLeftBehind(ports, run);
  const { account, arnOf } = placeOf(run);
  const { bucket } = ports.work;
  const id = await ports.jobs.create({
    account,
    manifest: { arn: arnOf(bucket, plan.manifest), etag: plan.etag },
    report: { bucketArn: arnOf(bucket), prefix: runFiles(run.id).jobReport(input.pass) },
    description: `s3-backfill ${run.pair}: run ${run.id}, pass ${input.pass}`,
    // Names of runs come back after 90 days; an execution and its start do not.
    token: createHash('sha256').update(`${run.executionArn} ${run.startedAt} ${input.pass}`).digest('hex'),
  });
  await ports.work.write(begunFile(run), `${JSON.stringify({ runId: run.id, pass: input.pass, id })}\n`);
  return { id, tasks, bytes, waitSeconds: FIRST_WAIT_SECONDS };
}

/** The job's plan, as whoever was first has put it on file: a retry asks S3 for the very same job. */
async function planOf(ports: StartPorts, run: Run, pass: number): Promise<JobPlan> {
  const file = runFiles(run.id).jobPlan(pass);
  if (!(await ports.work.read(file))) {
    const plan = (await isStopped(ports, run)) ? nothingAt(ports) : await writeManifest(ports, run, pass);
    await ports.work.writeIf(file, `${JSON.stringify(plan)}\n`, undefined);
  }
  return readJson(ports.work, file, jobPlan);
}

/**
 * Whether nothing more is to be begun: nearly every row failed, or it is the time to stop. What was queued within maxObjects
 * and maxBytes is replicated, whether they were reached or not.
 */
async function isStopped(ports: StartPorts, { id, stopAt = Infinity }: Run): Promise<boolean> {
  const stop = await ports.failures.stopCause(id);
  if (stop !== undefined) return stop !== 'maxObjects' && stop !== 'maxBytes';
  if (ports.clock.now() < stopAt) return false;
  await ports.failures.stop(id, 'stopAfter' satisfies FenceName);
  return true;
}

function nothingAt({ clock }: StartPorts): JobPlan {
  return { manifest: '', etag: '', tasks: 0, bytes: 0, plannedAt: clock.now() };
}

async function writeManifest(ports: StartPorts, run: Run, pass: number): Promise<JobPlan> {
  const none = nothingAt(ports);
  const paths = runFiles(run.id);
  // Not its content's: that is known only when it is written.
  const name = Math.floor(ports.random() * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  const manifest = paths.jobManifest(pass, name);
  const writer = ports.work.writer(manifest);
  let [tasks, bytes] = [0, 0];
  try {
    for await (const chunks of inBatches(readLines(ports.work, paths.chunks(pass), chunkSchema))) {
      const at = { runId: run.id, pass, bucket: run.request.source.bucket };
      const made = await Promise.all(chunks.map((chunk) => tasksOf(ports.work, { ...at, chunk })));
      for (const each of made) {
        tasks += each.tasks;
        bytes += each.bytes;
        if (each.tasks > 0) await writer.write(Buffer.from(each.lines));
      }
      if (tasks > MOST_TASKS) throw tooLarge();
    }
    if (tasks === 0) return none;
    await writer.close();
  } finally {
    await writer.abort();
  }
  const written = await ports.work.stat(manifest);
  if (!written) throw new Error(`${manifest}: expected the manifest that was just written`);
  return { ...none, manifest, etag: written.version.replaceAll('"', ''), tasks, bytes };
}

async function* inBatches(chunks: AsyncIterable<Chunk>): AsyncGenerator<Chunk[]> {
  let held: Chunk[] = [];
  for await (const chunk of chunks) {
    held.push(chunk);
    if (held.length < CHUNKS_AT_ONCE) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

function tooLarge(): BackfillError {
  return new BackfillError(
    'JobTooLarge',
    `Expected at most ${MOST_TASKS} objects to be replicated by one job, and more are missing. Start runs of parts of the pair (source.prefix), or with maxObjects.`,
  );
}

/** A run that was stopped leaves its job running, which would replicate what this one is about to. */
async function cancelLeftBehind(ports: StartPorts, run: Run): Promise<void> {
  const file = await ports.work.read(begunFile(run));
  const begun = file && begunJob.parse(JSON.parse(file.body.toString('utf8')));
  if (!begun || begun.runId === run.id) return;
  await ports.jobs.cancel(placeOf(run).account, begun.id, `Run ${run.id} of s3-backfill takes over.`);
}

function begunFile({ pair }: Run): string {
  return `jobs/${pair}.json`;
}

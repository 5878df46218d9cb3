import type { Authorize } from '../access/authorize.js';
import type { Identities } from '../access/identities.js';
import { callerOf } from '../access/principals.js';
import type { Clock } from '../clock.js';
import { CallerStorage } from '../s3/caller-storage.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import { FAILURE_REASONS } from '../s3/replication/failure-reason.js';
import type { JobFaults } from './job-faults.js';
import type { Job, Task, TaskResult } from './job.js';
import { JobFailed, readManifest } from './read-manifest.js';
import { writeReport } from './write-report.js';

/** What running a job takes. */
export interface JobScope {
  s3: EmbeddedS3;
  clock: Clock;
  accountId: string;
  identities: Identities;
  authorize: Authorize | undefined;
  faults: JobFaults;
}

/** By the engine's clock, in each status that a job only passes through; AWS takes minutes. */
const STEP_MS = 1_000;
/** Tasks between two looks at whatever else there is to do. */
const TASKS_AT_ONCE = 100;
/**
 * A job in which more than half of at least so many tasks failed is given up.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html, tracking job failures
 */
const THRESHOLD_TASKS = 1_000;

/** Takes a job from New to its end. Never rejects. */
export async function runJob(scope: JobScope, job: Job): Promise<void> {
  const caller = callerOf({ accessKeyId: '', secretAccessKey: '', principalArn: job.request.roleArn }, scope.accountId);
  const storage = new CallerStorage(scope.s3, scope, caller);
  const { signal } = job.cancellation;
  try {
    await step(scope, job);
    job.status = 'Preparing';
    await step(scope, job);
    checkTrust(scope, job);
    const tasks = readManifest(scope.s3, storage, job.request.manifest);
    job.total = tasks.length;
    if (job.request.confirmationRequired) await confirmation(scope, job);
    job.status = 'Ready';
    await step(scope, job);
    job.status = 'Active';
    job.activeAt = scope.clock.now();
    await performAll(scope, job, tasks);
    job.status = 'Completing';
    await scope.clock.sleep(STEP_MS);
    end(scope, job, storage, 'Complete');
  } catch (error) {
    if (signal.aborted) return end(scope, job, storage, 'Cancelled');
    job.status = 'Failing';
    // A fault of the engine's own is told too: there is no log to look into.
    job.failures.push(error instanceof JobFailed ? error.failure : { code: 'InternalError', reason: String(error) });
    end(scope, job, storage, 'Failed');
  }
}

function step({ clock }: JobScope, { cancellation: { signal } }: Job): Promise<void> {
  return clock.sleep(STEP_MS, signal);
}

function end({ s3, clock }: JobScope, job: Job, storage: CallerStorage, status: 'Complete' | 'Cancelled' | 'Failed') {
  const isReported = writeReport(s3, storage, job, clock.now());
  if (!isReported)
    job.failures.push({
      code: 'ReportNotWritten',
      reason: 'The job report could not be written to your report bucket. Please check your permissions.',
    });
  job.status = isReported ? status : 'Failed';
  job.terminatedAt = clock.now();
}

function checkTrust({ identities }: JobScope, { request, account, arn }: Job): void {
  const context = { 'aws:SourceAccount': account, 'aws:SourceArn': arn };
  const role = identities.role(request.roleArn);
  if (role && !role.trusts('batchoperations.s3.amazonaws.com', undefined, context))
    throw new JobFailed({ code: 'AssumeRoleNotPermitted', reason: FAILURE_REASONS.AssumeRoleNotPermitted });
}

function confirmation({ clock }: JobScope, job: Job): Promise<void> {
  job.status = 'Suspended';
  job.suspendedAt = clock.now();
  const { signal } = job.cancellation;
  return new Promise((resolve, reject) => {
    job.confirm = resolve;
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function performAll(scope: JobScope, job: Job, tasks: readonly Task[]): Promise<void> {
  const { signal } = job.cancellation;
  const effect = scope.faults.strike({ what: 'job', jobId: job.id });
  if (effect && 'failJob' in effect) throw new JobFailed(effect.failJob);
  if (effect && 'hang' in effect)
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  for (const [index, task] of tasks.entries()) {
    if (index % TASKS_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    const result = perform(scope, job, task);
    job.results.push(result);
    if (result.isSucceeded) job.succeeded += 1;
    else job.failed += 1;
    if (job.results.length >= THRESHOLD_TASKS && job.failed * 2 > job.results.length)
      // The code and the words are a guess.
      throw new JobFailed({ code: 'FailureThresholdExceeded', reason: 'Job failure rate is above 50%' });
  }
}

function perform({ s3, faults }: JobScope, job: Job, task: Task): TaskResult {
  const failed = (code: string, message: string, status = 400): TaskResult => ({
    ...task,
    isSucceeded: false,
    status,
    code,
    message,
  });
  const effect = faults.strike({ what: 'task', jobId: job.id, key: task.key });
  if (effect && 'failTask' in effect) {
    const { code, message = code, status } = effect.failTask;
    return failed(code, message, status);
  }
  // Replication is about versions: a row has to name its own, the null version as `null`.
  if (!task.versionId) return failed('InvalidRequest', 'Task failed due to missing VersionId');
  const reason = s3.replication.existing(task.bucket, task.key, task.versionId, { role: job.request.roleArn });
  if (reason) return failed(reason, FAILURE_REASONS[reason]);
  return { ...task, isSucceeded: true, status: 200, code: '', message: 'Successful' };
}

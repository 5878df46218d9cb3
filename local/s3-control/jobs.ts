import { randomUUID } from 'node:crypto';
import { partitionOf } from '../../contracts/partition.js';
import type { AwsCall } from '../access/aws-call.js';
import type { QueryPair } from '../http/uri.js';
import { element } from '../http/xml.js';
import { ControlError, invalidRequest } from './control-error.js';
import { jobXml, listedJobXml, resultXml } from './job-xml.js';
import { JOB_STATUSES, type Job, isTerminal } from './job.js';
import { readJob, readPriority } from './read-job.js';
import { type JobScope, runJob } from './run-job.js';

/** Asks whether whoever sent a request may do a thing. @throws ControlError `AccessDenied` */
type Check = (action: string, resource: string, context?: AwsCall['context']) => void;

/** Jobs of S3 Batch Operations, of all accounts. They run side by side; a priority is kept and makes no difference. */
export class Jobs {
  readonly #scope: JobScope & { region: string };
  readonly #jobs = new Map<string, Job>();
  /** By account and ClientRequestToken. */
  readonly #tokens = new Map<string, { body: string; jobId: string }>();
  readonly #running = new Set<Promise<void>>();

  constructor(scope: JobScope & { region: string }) {
    this.#scope = scope;
  }

  arnOf(account: string, jobId: string): string {
    return `arn:${partitionOf(this.#scope.region)}:s3:${this.#scope.region}:${account}:job/${jobId}`;
  }

  /** Makes and starts a job, or answers with the one that its token made before. */
  create(body: string, account: string, check: Check): string {
    const { request, xml } = readJob(body);
    check('s3:CreateJob', '*', {
      's3:RequestJobPriority': String(request.priority),
      's3:RequestJobOperation': 'S3ReplicateObject',
    });
    check('iam:PassRole', request.roleArn, { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' });
    if (request.hasTags) check('s3:PutJobTagging', this.arnOf(account, '*'));
    const token = `${account} ${request.token}`;
    const before = this.#tokens.get(token);
    if (before && before.body !== body)
      throw new ControlError('IdempotencyException', 'The ClientRequestToken was used for another request.');
    if (before) return created(before.jobId);
    const id = randomUUID();
    const job: Job = {
      id,
      arn: this.arnOf(account, id),
      account,
      request,
      xml,
      createdAt: this.#scope.clock.now(),
      status: 'New',
      priority: request.priority,
      results: [],
      succeeded: 0,
      failed: 0,
      failures: [],
      cancellation: new AbortController(),
    };
    this.#jobs.set(id, job);
    this.#tokens.set(token, { body, jobId: id });
    const running = runJob(this.#scope, job).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return created(id);
  }

  describe(account: string, jobId: string): string {
    return resultXml('DescribeJobResult', `<Job>${jobXml(this.#job(account, jobId), this.#scope.clock.now())}</Job>`);
  }

  /** The newest first. That is a guess. */
  list(account: string, pairs: readonly QueryPair[]): string {
    const valuesOf = (name: string) => pairs.flatMap(([each, value]) => (each === name ? [value] : []));
    const statuses = valuesOf('jobStatuses');
    const unknown = statuses.find((status) => !(JOB_STATUSES as readonly string[]).includes(status));
    if (unknown !== undefined) throw invalidRequest(`There is no job status ${unknown}.`);
    const [most = '1000'] = valuesOf('maxResults');
    if (!/^\d{1,4}$/.test(most) || Number(most) < 1 || Number(most) > 1000)
      throw invalidRequest(`Expected maxResults of 1 to 1000; got ${most}.`);
    const [token] = valuesOf('nextToken');
    const all = [...this.#jobs.values()].filter((job) => job.account === account).reverse();
    const after =
      token === undefined ? -1 : all.findIndex(({ id }) => id === Buffer.from(token, 'base64url').toString());
    if (token !== undefined && after < 0) throw invalidRequest('The nextToken is not one of this service.');
    const rest = all.slice(after + 1).filter(({ status }) => statuses.length === 0 || statuses.includes(status));
    const page = rest.slice(0, Number(most));
    const last = rest.length > page.length ? page.at(-1) : undefined;
    const jobs = page.map((job) => listedJobXml(job, this.#scope.clock.now()));
    return resultXml(
      'ListJobsResult',
      `${element('NextToken', last && Buffer.from(last.id).toString('base64url'))}<Jobs>${jobs.join('')}</Jobs>`,
    );
  }

  /** Confirms a job that waits for it, or cancels one that has not ended. */
  updateStatus(account: string, jobId: string, valueOf: (name: string) => string | undefined): string {
    const job = this.#job(account, jobId);
    const requested = valueOf('requestedJobStatus');
    if (requested !== 'Ready' && requested !== 'Cancelled')
      throw invalidRequest(`Expected the status Ready or Cancelled; got ${requested ?? 'none'}.`);
    if (requested === 'Ready' ? job.status !== 'Suspended' : isTerminal(job) || job.status === 'Completing')
      throw new ControlError(
        'JobStatusException',
        `The status of the job is ${job.status}, and cannot be changed to ${requested}.`,
      );
    job.statusUpdateReason = valueOf('statusUpdateReason');
    job.status = requested === 'Ready' ? 'Ready' : 'Cancelling';
    if (requested === 'Ready') job.confirm?.();
    else job.cancellation.abort(new Error('The job was cancelled.'));
    return resultXml(
      'UpdateJobStatusResult',
      element('JobId', job.id) + element('Status', job.status) + element('StatusUpdateReason', job.statusUpdateReason),
    );
  }

  updatePriority(account: string, jobId: string, priority: string | undefined): string {
    const job = this.#job(account, jobId);
    if (isTerminal(job))
      throw new ControlError(
        'JobStatusException',
        `The status of the job is ${job.status}: it has no priority any more.`,
      );
    job.priority = readPriority(priority);
    return resultXml('UpdateJobPriorityResult', element('JobId', job.id) + element('Priority', job.priority));
  }

  /** Cancels what runs, and waits for its end. */
  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.cancellation.abort(new Error('The engine was closed.'));
    await Promise.allSettled(this.#running);
  }

  /** Jobs that ended 90 days ago are forgotten. */
  #job(account: string, jobId: string): Job {
    const job = this.#jobs.get(jobId);
    const isOver = job?.terminatedAt !== undefined && this.#scope.clock.now() - job.terminatedAt > NINETY_DAYS_MS;
    if (!job || isOver || job.account !== account) throw new ControlError('NoSuchJob', 'No such job');
    return job;
  }
}

const NINETY_DAYS_MS = 90 * 86_400_000;

const created = (jobId: string) => resultXml('CreateJobResult', element('JobId', jobId));

import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AwsCall } from '../access/aws-call.js';
import type { Authorize } from '../access/authorize.js';
import { denial } from '../access/denial.js';
import type { Identities } from '../access/identities.js';
import { type Caller, callerOf } from '../access/principals.js';
import type { Clock } from '../clock.js';
import { readSignedBody } from '../doors/signed-body.js';
import { type QueryPair, parseQuery, splitTarget } from '../http/uri.js';
import { XML_DECLARATION } from '../http/xml.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import { ControlError, errorXml } from './control-error.js';
import { JobFaults } from './job-faults.js';
import { Jobs } from './jobs.js';

export interface EmbeddedS3ControlOptions {
  s3: EmbeddedS3;
  clock: Clock;
  region: string;
  accountId: string;
  identities: Identities;
  authorize?: Authorize | undefined;
}

/** S3 Batch Operations of S3 Control: jobs that replicate what is there already. Everything else is refused by name. */
export class EmbeddedS3Control {
  readonly faults = new JobFaults();
  readonly #options: EmbeddedS3ControlOptions;
  readonly #jobs: Jobs;

  constructor(options: EmbeddedS3ControlOptions) {
    this.#options = options;
    const { authorize, ...scope } = options;
    this.#jobs = new Jobs({ ...scope, authorize, faults: this.faults });
  }

  /** Serves one request: signature checked, permission asked for, answered as S3 Control answers. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    try {
      send(response, 200, requestId, await this.#answer(request));
    } catch (error) {
      if (!(error instanceof ControlError)) throw error;
      send(response, error.status, requestId, XML_DECLARATION + errorXml(error.code, error.message, requestId));
    }
  }

  /** Cancels all jobs. */
  async close(): Promise<void> {
    await this.#jobs.close();
  }

  async #answer(request: IncomingMessage): Promise<string> {
    const { region, identities, clock, accountId } = this.#options;
    const signed = await readSignedBody(request, { service: 's3', region, credentials: identities, clock }, MAX_BODY);
    if (signed.kind === 'tooLarge') throw new ControlError('InvalidRequest', `Expected at most ${MAX_BODY} bytes.`);
    if (signed.kind === 'refused') throw new ControlError('AccessDenied', signed.message);
    const caller = callerOf(signed.signer, accountId);
    if (request.headers['x-amz-account-id'] !== caller.account) throw new ControlError('AccessDenied', 'Access Denied');
    const { path, query } = splitTarget(request.url ?? '/');
    const asked = route(request.method ?? 'GET', path);
    const effect = this.faults.strike({ what: 'request', operation: asked.operation });
    if (effect && 'error' in effect) throw new ControlError(effect.error, 'Please reduce your request rate.');
    const pairs = parseQuery(query) ?? [];
    const check = (action: string, resource: string, context: AwsCall['context'] = {}) =>
      this.#check(caller, { action, resource, context });
    switch (asked.operation) {
      case 'CreateJob':
        return this.#jobs.create(signed.body.toString(), caller.account, check);
      case 'ListJobs':
        check('s3:ListJobs', '*');
        return this.#jobs.list(caller.account, pairs);
      case 'DescribeJob':
        check('s3:DescribeJob', this.#jobs.arnOf(caller.account, asked.jobId));
        return this.#jobs.describe(caller.account, asked.jobId);
      case 'UpdateJobStatus':
        check('s3:UpdateJobStatus', this.#jobs.arnOf(caller.account, asked.jobId));
        return this.#jobs.updateStatus(caller.account, asked.jobId, valueOf(pairs));
      case 'UpdateJobPriority':
        check('s3:UpdateJobPriority', this.#jobs.arnOf(caller.account, asked.jobId));
        return this.#jobs.updatePriority(caller.account, asked.jobId, valueOf(pairs)('priority'));
    }
  }

  #check(caller: Caller, { action, resource, context }: Pick<AwsCall, 'action' | 'resource' | 'context'>): void {
    const { authorize } = this.#options;
    const call = {
      principal: caller.principal,
      caller: caller.arn,
      action,
      resource,
      context: { 'aws:ResourceAccount': caller.account, ...context },
    };
    if (authorize && !authorize(call))
      throw new ControlError('AccessDenied', denial(call, resource === '*' ? '' : resource));
  }
}

/** More than the largest CreateJob. */
const MAX_BODY = 1024 * 1024;

const valueOf = (pairs: readonly QueryPair[]) => (name: string) => pairs.find(([each]) => each === name)?.[1];

type Asked =
  | { operation: 'CreateJob' | 'ListJobs' }
  | { operation: 'DescribeJob' | 'UpdateJobStatus' | 'UpdateJobPriority'; jobId: string };

function route(method: string, path: string): Asked {
  const [, version, resource, jobId, part, ...more] = path.split('/');
  const asked = [method, resource, jobId === undefined ? '' : '<id>', part ?? ''].join(' ').trimEnd();
  const known = version === 'v20180820' && more.length === 0 ? ROUTES[asked] : undefined;
  if (known === 'CreateJob' || known === 'ListJobs') return { operation: known };
  if (known !== undefined && jobId) return { operation: known, jobId };
  throw new ControlError(
    'NotImplemented',
    `The embedded S3 Control does CreateJob, DescribeJob, ListJobs, UpdateJobStatus and UpdateJobPriority, not ${method} ${path}.`,
  );
}

const ROUTES: Readonly<Record<string, Asked['operation']>> = {
  'POST jobs': 'CreateJob',
  'GET jobs': 'ListJobs',
  'GET jobs <id>': 'DescribeJob',
  'POST jobs <id> status': 'UpdateJobStatus',
  'POST jobs <id> priority': 'UpdateJobPriority',
};

function send(response: ServerResponse, status: number, requestId: string, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-amz-request-id': requestId,
    'x-amz-id-2': `${requestId}/embedded/s3-control`,
  });
  response.end(body);
}

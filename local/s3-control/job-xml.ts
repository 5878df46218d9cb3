import { XML_DECLARATION, element } from '../http/xml.js';
import type { Job } from './job.js';

/** An answer's document. */
export function resultXml(name: string, content: string): string {
  return `${XML_DECLARATION}<${name} xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">${content}</${name}>`;
}

/** A job as DescribeJob tells of it. @param now by the engine's clock */
export function jobXml(job: Job, now: number): string {
  const { request, xml } = job;
  const failures = job.failures.map(
    ({ code, reason }) => `<member>${element('FailureCode', code)}${element('FailureReason', reason)}</member>`,
  );
  return [
    element('JobId', job.id),
    element('ConfirmationRequired', request.confirmationRequired),
    element('Description', request.description),
    element('JobArn', job.arn),
    element('Status', job.status),
    xml.manifest,
    xml.operation,
    element('Priority', job.priority),
    progressXml(job, now),
    element('StatusUpdateReason', job.statusUpdateReason),
    failures.length > 0 ? `<FailureReasons>${failures.join('')}</FailureReasons>` : '',
    xml.report,
    element('CreationTime', time(job.createdAt)),
    element('TerminationDate', time(job.terminatedAt)),
    element('RoleArn', request.roleArn),
    element('SuspendedDate', time(job.suspendedAt)),
    element('SuspendedCause', job.suspendedAt === undefined ? undefined : 'AwaitingConfirmation'),
  ].join('');
}

/** A job as ListJobs tells of it. */
export function listedJobXml(job: Job, now: number): string {
  const { request } = job;
  return `<member>${[
    element('JobId', job.id),
    element('Description', request.description),
    element('Operation', 'S3ReplicateObject'),
    element('Priority', job.priority),
    element('Status', job.status),
    element('CreationTime', time(job.createdAt)),
    element('TerminationDate', time(job.terminatedAt)),
    progressXml(job, now),
  ].join('')}</member>`;
}

function progressXml({ total, succeeded, failed, activeAt, terminatedAt }: Job, now: number): string {
  const active = activeAt === undefined ? 0 : Math.floor(((terminatedAt ?? now) - activeAt) / 1000);
  const timers = `<Timers>${element('ElapsedTimeInActiveSeconds', active)}</Timers>`;
  return `<ProgressSummary>${element('TotalNumberOfTasks', total ?? 0)}${element('NumberOfTasksSucceeded', succeeded)}${element('NumberOfTasksFailed', failed)}${timers}</ProgressSummary>`;
}

const time = (milliseconds: number | undefined) =>
  milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();

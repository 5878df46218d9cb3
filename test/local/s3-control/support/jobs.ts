import { PutBucketReplicationCommand, S3Client, type ReplicationRule } from '@aws-sdk/client-s3';
import {
  CreateJobCommand,
  DescribeJobCommand,
  type CreateJobCommandInput,
  type JobDescriptor,
  type S3ControlClient,
} from '@aws-sdk/client-s3-control';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import { createS3ControlClient } from '../../../../adapters/s3/s3-control-client.js';
import type { AwsCall } from '../../../../local/access/aws-call.js';
import { type Clock, skippingClock } from '../../../../local/clock.js';
import { type Engine, startEngine } from '../../../../local/engine.js';

export const ACCOUNT = '123456789012';
export const RULE_ROLE = `arn:aws:iam::${ACCOUNT}:role/replication`;
export const JOB_ROLE = `arn:aws:iam::${ACCOUNT}:role/batch`;

/** A rule about all objects. */
export const rule = (more: Partial<ReplicationRule> = {}): ReplicationRule => ({
  ID: 'all',
  Status: 'Enabled',
  Priority: 1,
  Filter: { Prefix: '' },
  DeleteMarkerReplication: { Status: 'Disabled' },
  Destination: { Bucket: 'arn:aws:s3:::photos-replica' },
  ...more,
});

/** An engine with two versioned buckets and one for manifests and reports, and what was asked of its access layer. */
export interface JobsUnderTest {
  engine: Engine;
  s3: S3Client;
  control: S3ControlClient;
  /** Signs as the role `creator`, which may be denied things. */
  creator: S3ControlClient;
  /** `<action> <end of the resource>` or `<action>`: denied to all but the root. */
  deny(...what: string[]): void;
  asked(): string[];
  replicate(...rules: ReplicationRule[]): Promise<void>;
  /** Puts a manifest of these rows, and answers the part of CreateJob that names it. */
  manifest(rows: readonly string[], fields?: readonly string[]): NonNullable<CreateJobCommandInput['Manifest']>;
  create(input: Partial<CreateJobCommandInput>, by?: S3ControlClient): Promise<string>;
  describe(jobId: string): Promise<JobDescriptor>;
  /** When the job is over, or waits for somebody. */
  ended(jobId: string): Promise<JobDescriptor>;
  /** Rows of the completion report by the status of their file. */
  report(jobId: string): Record<string, string[]>;
}

/** One engine for the tests of a file. */
export function useJobs(clock: Clock = skippingClock()): () => JobsUnderTest {
  let test: (JobsUnderTest & { close: () => Promise<void> }) | undefined;
  beforeAll(async () => {
    test = await open(clock);
  });
  afterAll(() => test?.close());
  beforeEach(() => test?.deny());
  return () => {
    if (!test) throw new Error('The engine runs between beforeAll and afterAll; use it inside a test.');
    return test;
  };
}

let tokens = 0;

async function open(clock: Clock): Promise<JobsUnderTest & { close: () => Promise<void> }> {
  let denied: readonly string[] = [];
  let asked: string[] = [];
  const nameOf = ({ action, resource }: AwsCall) => `${action} ${resource}`;
  const engine = await startEngine({
    clock,
    access: {
      permits: (call) =>
        !denied.some((each) => {
          const [action, end = ''] = each.split(' ');
          return call.action === action && call.resource.endsWith(end);
        }),
      onCall: (call) => void asked.push(`${call.principal.split('/').at(-1)} ${nameOf(call)}`),
    },
  });
  const { endpoint, region, credentials } = engine;
  const keys = { accessKeyId: 'creator', secretAccessKey: 'secret' };
  engine.identities.add({ ...keys, principalArn: `arn:aws:iam::${ACCOUNT}:role/creator` });
  const s3 = new S3Client({ endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true });
  const control = createS3ControlClient({ endpoint, region, credentials }, 1);
  const creator = createS3ControlClient({ endpoint, region, credentials: keys }, 1);
  for (const bucket of ['photos', 'photos-replica']) engine.s3.createBucket(bucket, { versioning: 'Enabled' });
  engine.s3.createBucket('work');

  const describe = async (JobId: string) => {
    const { Job } = await control.send(new DescribeJobCommand({ AccountId: ACCOUNT, JobId }));
    return Job as JobDescriptor;
  };
  const read = (key: string) => engine.s3.getObject('work', key)?.body.toString() ?? '';
  return {
    engine,
    s3,
    control,
    creator,
    deny: (...what) => {
      denied = what;
      asked = [];
    },
    asked: () => asked,
    replicate: async (...Rules) => {
      await s3.send(
        new PutBucketReplicationCommand({
          Bucket: 'photos',
          ReplicationConfiguration: { Role: RULE_ROLE, Rules },
        }),
      );
    },
    manifest: (rows, Fields = ['Bucket', 'Key', 'VersionId']) => {
      const { etag } = engine.s3.putObject('work', 'manifest.csv', Buffer.from(rows.join('\n')));
      return {
        Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: Fields as ['Bucket'] },
        Location: { ObjectArn: 'arn:aws:s3:::work/manifest.csv', ETag: etag },
      };
    },
    create: async (input, by = control) => {
      const { JobId = '' } = await by.send(
        new CreateJobCommand({
          AccountId: ACCOUNT,
          ClientRequestToken: `token-${(tokens += 1)}`,
          ConfirmationRequired: false,
          Operation: { S3ReplicateObject: {} },
          Priority: 10,
          RoleArn: JOB_ROLE,
          Report: {
            Enabled: true,
            Bucket: 'arn:aws:s3:::work',
            Prefix: 'reports',
            Format: 'Report_CSV_20180820',
            ReportScope: 'AllTasks',
          },
          ...input,
        }),
      );
      return JobId;
    },
    describe,
    ended: async (jobId) => {
      for (;;) {
        const job = await describe(jobId);
        if (['Complete', 'Failed', 'Cancelled', 'Suspended'].includes(job.Status ?? '')) return job;
      }
    },
    report: (jobId) => {
      const text = read(`reports/job-${jobId}/manifest.json`);
      if (text === '') return {};
      const { Results } = JSON.parse(text) as { Results: { TaskExecutionStatus: string; Key: string }[] };
      return Object.fromEntries(
        Results.map(({ TaskExecutionStatus, Key }) => [TaskExecutionStatus, read(Key).trimEnd().split('\n')]),
      );
    },
    close: async () => {
      for (const client of [s3, control, creator]) client.destroy();
      await engine.close();
    },
  };
}

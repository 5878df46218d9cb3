import { createHash } from 'node:crypto';
import {
  DescribeJobCommand,
  ListJobsCommand,
  UpdateJobPriorityCommand,
  UpdateJobStatusCommand,
} from '@aws-sdk/client-s3-control';
import { describe, expect, it } from '@jest/globals';
import { refusal } from '../s3/support/server.js';
import { ACCOUNT, JOB_ROLE, rule, useJobs } from './support/jobs.js';

const test = useJobs();
const put = (key: string, body = key) => test().engine.s3.putObject('photos', key, Buffer.from(body)).versionId ?? '';
const encoded = (key: string) => encodeURIComponent(key).replaceAll('%2F', '/');
const of = (JobId: string) => ({ AccountId: ACCOUNT, JobId });

describe('A job that replicates what is there already', () => {
  it('brings over each version of its manifest with its id, and says so of each in its report', async () => {
    const [older, newer, odd] = [put('a', 'one'), put('a', 'two'), put('b c+d,"é".jpg')];
    await test().replicate(rule());
    const rows = [`photos,a,${older}`, `photos,a,${newer}`, `photos,${encoded('b c+d,"é".jpg')},${odd}`];
    const jobId = await test().create({ Manifest: test().manifest(rows), Description: 'the old ones' });
    const job = await test().ended(jobId);
    expect(job).toMatchObject({
      JobId: jobId,
      JobArn: `arn:aws:s3:us-east-1:${ACCOUNT}:job/${jobId}`,
      Status: 'Complete',
      Description: 'the old ones',
      Priority: 10,
      RoleArn: JOB_ROLE,
      ConfirmationRequired: false,
      Operation: { S3ReplicateObject: {} },
      Manifest: { Spec: { Fields: ['Bucket', 'Key', 'VersionId'] } },
      Report: { Bucket: 'arn:aws:s3:::work', Prefix: 'reports', ReportScope: 'AllTasks', Enabled: true },
      ProgressSummary: { TotalNumberOfTasks: 3, NumberOfTasksSucceeded: 3, NumberOfTasksFailed: 0 },
    });
    const { s3 } = test().engine;
    expect([...s3.listVersions('photos-replica')]).toEqual([...s3.listVersions('photos')]);
    expect(s3.getObject('photos', 'a', older)?.replicationStatus).toBe('COMPLETED');
    expect(s3.getObject('photos-replica', 'a', older)?.replicationStatus).toBe('REPLICA');
    expect(test().report(jobId)).toEqual({ succeeded: rows.map((row) => `${row},succeeded,200,,Successful`) });
  });

  it('has a report in S3’s layout, with the MD5 of each of its files', async () => {
    await test().replicate(rule());
    const jobId = await test().create({ Manifest: test().manifest([`photos,a,${put('a')}`, 'photos,none,null']) });
    await test().ended(jobId);
    const { s3 } = test().engine;
    const read = (key: string) => s3.getObject('work', key)?.body ?? Buffer.alloc(0);
    const manifest = JSON.parse(read(`reports/job-${jobId}/manifest.json`).toString()) as {
      Results: { Key: string; MD5Checksum: string }[];
    };
    expect(manifest).toMatchObject({
      Format: 'Report_CSV_20180820',
      ReportCreationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
      Results: [
        { TaskExecutionStatus: 'succeeded', Bucket: 'work' },
        { TaskExecutionStatus: 'failed', Bucket: 'work' },
      ],
    });
    for (const { Key, MD5Checksum } of manifest.Results) {
      expect(Key).toMatch(new RegExp(`^reports/job-${jobId}/results/[0-9a-f]{40}\\.csv$`));
      expect(createHash('md5').update(read(Key)).digest('hex')).toBe(MD5Checksum);
    }
  });

  it('tells of the failed ones only where its report is about these', async () => {
    await test().replicate(rule());
    const jobId = await test().create({
      Manifest: test().manifest([`photos,a,${put('a')}`, 'photos,none,null']),
      Report: {
        Enabled: true,
        Bucket: 'arn:aws:s3:::work',
        Prefix: 'reports',
        Format: 'Report_CSV_20180820',
        ReportScope: 'FailedTasksOnly',
      },
    });
    expect(await test().ended(jobId)).toMatchObject({ Status: 'Complete' });
    expect(Object.keys(test().report(jobId))).toEqual(['failed']);
  });

  it('fails the tasks that cannot be done, each by its reason, and completes', async () => {
    const { s3 } = test().engine;
    const archived = s3.putObject('photos', 'cold', Buffer.from('x'), { storageClass: 'GLACIER' }).versionId;
    const deep = s3.putObject('photos', 'colder', Buffer.from('x'), { storageClass: 'DEEP_ARCHIVE' }).versionId;
    const [outside, lost] = [put('outside'), put('in/lost')];
    await test().replicate(
      rule({ Filter: { Prefix: 'in/' } }),
      rule({ ID: 'cold', Priority: 2, Filter: { Prefix: 'cold' } }),
    );
    await test().ended(await test().create({ Manifest: test().manifest([`photos,in/lost,${lost}`]) }));
    s3.deleteObject('photos-replica', 'in/lost', lost);
    const rows = [
      `photos,cold,${archived}`,
      `photos,colder,${deep}`,
      `photos,outside,${outside}`,
      `photos,in/lost,${lost}`,
      'photos,in/none,null',
      'photos,in/lost,',
    ];
    const jobId = await test().create({ Manifest: test().manifest(rows) });
    expect(await test().ended(jobId)).toMatchObject({
      Status: 'Complete',
      ProgressSummary: { NumberOfTasksSucceeded: 0, NumberOfTasksFailed: 6 },
    });
    const { failed = [] } = test().report(jobId);
    expect(failed.map((row) => row.split(',').slice(1, 6))).toEqual([
      ['cold', archived, 'failed', '400', 'SrcObjectNotEligible'],
      ['colder', deep, 'failed', '400', 'SrcObjectNotEligible'],
      ['outside', outside, 'failed', '400', 'SrcObjectNotEligible'],
      ['in/lost', lost, 'failed', '400', 'DstObjectHardDeleted'],
      ['in/none', 'null', 'failed', '400', 'SrcVersionNotFound'],
      ['in/lost', '', 'failed', '400', 'InvalidRequest'],
    ]);
  });

  it('asks for what its role needs, and the rule’s role replicates', async () => {
    const version = put('asked');
    await test().replicate(rule());
    test().deny();
    const jobId = await test().create({ Manifest: test().manifest([`photos,asked,${version}`]) }, test().creator);
    await test().ended(jobId);
    const asked = test()
      .asked()
      .filter((each) => !each.includes('DescribeJob'));
    expect(asked.filter((each) => /^(?:creator|batch) /.test(each))).toEqual([
      'creator s3:CreateJob *',
      `creator iam:PassRole ${JOB_ROLE}`,
      'batch s3:GetObject arn:aws:s3:::work/manifest.csv',
      'batch s3:InitiateReplication arn:aws:s3:::photos/asked',
      expect.stringMatching(/^batch s3:PutObject arn:aws:s3:::work\/reports\/job-.*\.csv$/),
      `batch s3:PutObject arn:aws:s3:::work/reports/job-${jobId}/manifest.json`,
    ]);
    expect(asked.filter((each) => each.startsWith('replication '))).toEqual([
      'replication s3:GetReplicationConfiguration arn:aws:s3:::photos',
      'replication s3:ListBucket arn:aws:s3:::photos',
      'replication s3:GetObjectVersionForReplication arn:aws:s3:::photos/asked',
      'replication s3:GetObjectVersionAcl arn:aws:s3:::photos/asked',
      'replication s3:ReplicateObject arn:aws:s3:::photos-replica/asked',
    ]);
  });

  it('fails where its role may not read the manifest, may not start replication, or may not write the report', async () => {
    const version = put('denied');
    await test().replicate(rule());
    const Manifest = test().manifest([`photos,denied,${version}`]);
    test().deny('s3:GetObject');
    expect(await test().ended(await test().create({ Manifest }))).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureReason: 'Reading the manifest is forbidden: AccessDenied' }],
    });
    test().deny('s3:InitiateReplication');
    const jobId = await test().create({ Manifest });
    await test().ended(jobId);
    expect(test().report(jobId)['failed']?.[0]).toContain(',failed,400,InitiateReplicationNotPermitted,');
    test().deny('s3:PutObject');
    expect(await test().ended(await test().create({ Manifest }))).toMatchObject({
      Status: 'Failed',
      FailureReasons: [
        {
          FailureReason: 'The job report could not be written to your report bucket. Please check your permissions.',
        },
      ],
    });
  });

  it('fails where its role does not trust Batch Operations', async () => {
    await test().replicate(rule());
    const roleArn = `arn:aws:iam::${ACCOUNT}:role/closed`;
    const told: unknown[] = [];
    const trusts = (...asked: unknown[]) => {
      told.push(asked);
      return false;
    };
    test().engine.identities.addRole({ roleArn, trusts });
    const jobId = await test().create({ Manifest: test().manifest([`photos,a,${put('a')}`]), RoleArn: roleArn });
    expect(await test().ended(jobId)).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureCode: 'AssumeRoleNotPermitted' }],
    });
    expect(told).toEqual([
      [
        'batchoperations.s3.amazonaws.com',
        undefined,
        { 'aws:SourceAccount': ACCOUNT, 'aws:SourceArn': `arn:aws:s3:us-east-1:${ACCOUNT}:job/${jobId}` },
      ],
    ]);
  });

  it('is given up when more than half of a thousand tasks failed', async () => {
    const version = put('many');
    await test().replicate(rule());
    const good = Array.from({ length: 499 }, () => `photos,many,${version}`);
    const bad = Array.from({ length: 1_000 }, (_, index) => `photos,none-${index},null`);
    const jobId = await test().create({ Manifest: test().manifest([...good, ...bad]) });
    expect(await test().ended(jobId)).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureReason: 'Job failure rate is above 50%' }],
      ProgressSummary: { TotalNumberOfTasks: 1_499, NumberOfTasksSucceeded: 499, NumberOfTasksFailed: 501 },
    });
    const { succeeded = [], failed = [] } = test().report(jobId);
    expect([succeeded.length, failed.length]).toEqual([499, 501]);
  });
});

describe('A manifest', () => {
  it.each([
    ['that was replaced', {}, 'ManifestETagMismatch'],
    ['that is not there', { key: 'none.csv' }, 'ManifestNotFound'],
    ['with rows of another length', { rows: ['photos,a'] }, 'InvalidManifestContent'],
    ['of several buckets', { rows: ['photos,a,null', 'other,a,null'] }, 'InvalidManifestContent'],
    ['with a key that is no encoded one', { rows: ['photos,100%,null'] }, 'InvalidManifestContent'],
    ['that is no text', { rows: ['photos,"a,null'] }, 'InvalidManifestContent'],
    ['under KMS', { encryption: { kind: 'SSE-KMS' } }, 'InvalidManifestContent'],
  ] as const)('%s fails the job before its first task', async (_, made, code) => {
    const {
      key = 'manifest.csv',
      rows,
      encryption,
    } = made as {
      key?: string;
      rows?: readonly string[];
      encryption?: { kind: 'SSE-KMS' };
    };
    const manifest = test().manifest(rows ?? ['photos,a,null']);
    const { etag = '' } = encryption
      ? test().engine.s3.putObject('work', key, Buffer.from('photos,a,null'), { encryption })
      : {};
    const ETag = encryption ? etag : rows || key !== 'manifest.csv' ? manifest.Location?.ETag : '0'.repeat(32);
    const jobId = await test().create({
      Manifest: { Spec: manifest.Spec, Location: { ObjectArn: `arn:aws:s3:::work/${key}`, ETag } },
    });
    expect(await test().ended(jobId)).toMatchObject({ Status: 'Failed', FailureReasons: [{ FailureCode: code }] });
    expect(test().report(jobId)).toEqual({});
  });
});

describe('A job that waits to be confirmed', () => {
  it('is Suspended until somebody says Ready', async () => {
    await test().replicate(rule());
    const Manifest = test().manifest([`photos,a,${put('a')}`]);
    const jobId = await test().create({ Manifest, ConfirmationRequired: true });
    expect(await test().ended(jobId)).toMatchObject({ Status: 'Suspended', SuspendedDate: expect.any(Date) });
    const { Status } = await test().control.send(
      new UpdateJobStatusCommand({ ...of(jobId), RequestedJobStatus: 'Ready', StatusUpdateReason: 'go' }),
    );
    expect(Status).toBe('Ready');
    expect(await test().ended(jobId)).toMatchObject({ Status: 'Complete', StatusUpdateReason: 'go' });
  });

  it('is cancelled before it does anything', async () => {
    const jobId = await test().create({ Manifest: test().manifest(['photos,a,null']), ConfirmationRequired: true });
    await test().ended(jobId);
    await test().control.send(new UpdateJobStatusCommand({ ...of(jobId), RequestedJobStatus: 'Cancelled' }));
    expect(await test().ended(jobId)).toMatchObject({ Status: 'Cancelled', TerminationDate: expect.any(Date) });
    expect(test().report(jobId)).toEqual({});
  });
});

describe('A job that has ended', () => {
  it('is not made ready or cancelled, and has no priority any more', async () => {
    await test().replicate(rule());
    const jobId = await test().create({ Manifest: test().manifest([`photos,a,${put('a')}`]) });
    await test().ended(jobId);
    for (const RequestedJobStatus of ['Ready', 'Cancelled'] as const)
      expect(
        await refusal(test().control.send(new UpdateJobStatusCommand({ ...of(jobId), RequestedJobStatus }))),
      ).toMatchObject({ name: 'JobStatusException', status: 400 });
    expect(
      await refusal(test().control.send(new UpdateJobPriorityCommand({ ...of(jobId), Priority: 2 }))),
    ).toMatchObject({ name: 'JobStatusException' });
  });

  it('is forgotten after 90 days', async () => {
    const jobId = await test().create({ Manifest: test().manifest(['photos,a,null']) });
    await test().ended(jobId);
    await test().engine.clock.sleep(91 * 86_400_000);
    expect(await refusal(test().control.send(new DescribeJobCommand(of(jobId))))).toMatchObject({
      name: 'NoSuchJob',
      status: 404,
    });
  });
});

describe('CreateJob', () => {
  it('answers with the same job where its token comes again, and refuses another request with it', async () => {
    const Manifest = test().manifest(['photos,a,null']);
    const ClientRequestToken = 'the very same';
    const first = await test().create({ Manifest, ClientRequestToken });
    expect(await test().create({ Manifest, ClientRequestToken })).toBe(first);
    expect(await refusal(test().create({ Manifest, ClientRequestToken, Priority: 11 }))).toMatchObject({
      name: 'IdempotencyException',
      status: 400,
    });
  });

  it.each([
    ['another operation', { Operation: { LambdaInvoke: { FunctionArn: 'arn:x' } } }, 'NotImplemented', 'LambdaInvoke'],
    [
      'a manifest that S3 makes',
      {
        Manifest: undefined,
        ManifestGenerator: {
          S3JobManifestGenerator: { SourceBucket: 'arn:aws:s3:::photos', EnableManifestOutput: false },
        },
      },
      'NotImplemented',
      'ManifestGenerator',
    ],
    [
      'an inventory as the manifest',
      {
        Manifest: {
          Spec: { Format: 'S3InventoryReport_CSV_20161130' as const },
          Location: { ObjectArn: 'arn:aws:s3:::work/m', ETag: 'e' },
        },
      },
      'NotImplemented',
      'S3InventoryReport_CSV_20161130',
    ],
    [
      'a manifest without keys',
      {
        Manifest: {
          Spec: { Format: 'S3BatchOperations_CSV_20180820' as const, Fields: ['Bucket' as const] },
          Location: { ObjectArn: 'arn:aws:s3:::work/m', ETag: 'e' },
        },
      },
      'InvalidRequest',
      'Required fields are missing in the schema',
    ],
    ['a role that is none', { RoleArn: 'arn:aws:iam::123456789012:user/a' }, 'InvalidRequest', 'ARN of a role'],
    ['a priority below zero', { Priority: -1 }, 'InvalidRequest', 'priority'],
    ['a report without a bucket', { Report: { Enabled: true } }, 'InvalidRequest', 'bucket'],
  ])('refuses %s', async (_, input, name, message) => {
    expect(await refusal(test().create({ Manifest: test().manifest(['photos,a,null']), ...input }))).toMatchObject({
      name,
      message: expect.stringContaining(message),
    });
  });

  it('is denied to whoever may not create jobs, or may not pass the role', async () => {
    const Manifest = test().manifest(['photos,a,null']);
    for (const action of ['s3:CreateJob', 'iam:PassRole']) {
      test().deny(action);
      expect(await refusal(test().create({ Manifest }, test().creator))).toMatchObject({
        name: 'AccessDenied',
        status: 403,
        message: expect.stringContaining(`is not authorized to perform: ${action}`),
      });
    }
  });
});

describe('Jobs', () => {
  it('are listed in pages, by their status', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 3; index++)
      ids.push(await test().create({ Manifest: test().manifest(['photos,a,null']), ConfirmationRequired: true }));
    for (const id of ids) await test().ended(id);
    const list = (NextToken?: string) =>
      test().control.send(
        new ListJobsCommand({ AccountId: ACCOUNT, JobStatuses: ['Suspended', 'Active'], MaxResults: 2, NextToken }),
      );
    const first = await list();
    const second = await list(first.NextToken);
    expect([...(first.Jobs ?? []), ...(second.Jobs ?? [])].map(({ JobId }) => JobId)).toEqual([...ids].reverse());
    expect(first.Jobs?.[0]).toMatchObject({ Operation: 'S3ReplicateObject', Priority: 10, Status: 'Suspended' });
    expect(second.NextToken).toBeUndefined();
  });

  it('have a priority that can be changed', async () => {
    const jobId = await test().create({ Manifest: test().manifest(['photos,a,null']), ConfirmationRequired: true });
    await test().control.send(new UpdateJobPriorityCommand({ ...of(jobId), Priority: 77 }));
    expect(await test().describe(jobId)).toMatchObject({ Priority: 77 });
  });

  it('are not of another account, and not seen without the permission', async () => {
    const jobId = await test().create({ Manifest: test().manifest(['photos,a,null']) });
    const { control, creator } = test();
    expect(
      await refusal(control.send(new DescribeJobCommand({ AccountId: '210987654321', JobId: jobId }))),
    ).toMatchObject({ name: 'AccessDenied', status: 403 });
    for (const [action, command] of [
      ['s3:DescribeJob', new DescribeJobCommand(of(jobId))],
      ['s3:ListJobs', new ListJobsCommand({ AccountId: ACCOUNT })],
      ['s3:UpdateJobStatus', new UpdateJobStatusCommand({ ...of(jobId), RequestedJobStatus: 'Ready' })],
      ['s3:UpdateJobPriority', new UpdateJobPriorityCommand({ ...of(jobId), Priority: 1 })],
    ] as const) {
      test().deny(action);
      expect(await refusal(creator.send(command as DescribeJobCommand))).toMatchObject({ name: 'AccessDenied' });
    }
  });
});

describe('Faults', () => {
  it('fail a task, fail a job, hold one until it is cancelled, and throttle a request', async () => {
    await test().replicate(rule());
    const { faults } = test().engine.s3Control;
    const Manifest = test().manifest([`photos,a,${put('a')}`, `photos,b,${put('b')}`]);
    faults.add({
      key: 'a',
      times: 1,
      effect: { failTask: { code: 'InternalError', status: 500, message: 'a bad day' } },
    });
    const first = await test().create({ Manifest });
    expect(await test().ended(first)).toMatchObject({ ProgressSummary: { NumberOfTasksFailed: 1 } });
    expect(test().report(first)['failed']?.[0]).toContain(',failed,500,InternalError,a bad day');

    faults.add({ times: 1, effect: { failJob: { code: 'Broken', reason: 'It broke.' } } });
    expect(await test().ended(await test().create({ Manifest }))).toMatchObject({
      Status: 'Failed',
      FailureReasons: [{ FailureCode: 'Broken', FailureReason: 'It broke.' }],
    });

    faults.add({ times: 1, effect: { hang: 'untilCancelled' } });
    const third = await test().create({ Manifest });
    while ((await test().describe(third)).Status !== 'Active');
    await test().control.send(new UpdateJobStatusCommand({ ...of(third), RequestedJobStatus: 'Cancelled' }));
    expect(await test().ended(third)).toMatchObject({ Status: 'Cancelled' });

    faults.add({ operation: 'DescribeJob', times: 1, effect: { error: 'TooManyRequestsException' } });
    expect(await refusal(test().control.send(new DescribeJobCommand(of(third))))).toMatchObject({
      name: 'TooManyRequestsException',
      status: 429,
    });
    faults.clear();
  });
});

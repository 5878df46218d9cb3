import {
  CreateJobCommand,
  DescribeJobCommand,
  UpdateJobStatusCommand,
  type S3ControlClient,
} from '@aws-sdk/client-s3-control';
import { BackfillError, StorageError } from '../../core/errors.js';
import type { JobState, ReplicationJobs } from '../../core/ports.js';
import { storageCall } from './storage-error.js';

/** Of S3's priorities, of which a higher one goes first; nothing is said of them beyond that. */
const PRIORITY = 10;
const NO_SUCH_JOB = new Set(['NoSuchJob', 'NoSuchJobException', 'NotFoundException', 'NotFound']);
const THROTTLED = new Set(['TooManyRequestsException', 'SlowDownError']);

/** Jobs of S3 Batch Replication, through S3 Control. @param roleArn the role that they work by; only who makes one needs it */
export function replicationJobs(client: S3ControlClient, roleArn: string | undefined): ReplicationJobs {
  return {
    create: async ({ account, manifest, report, description, token }) => {
      if (roleArn === undefined)
        throw new BackfillError(
          'JobRefused',
          'The pair was deployed without a role for jobs of S3 Batch Replication. Deploy it with copy.engine: "batch-replication".',
        );
      const { JobId } = await asked(() =>
        client.send(
          new CreateJobCommand({
            AccountId: account,
            ConfirmationRequired: false,
            Operation: { S3ReplicateObject: {} },
            Manifest: {
              Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: ['Bucket', 'Key', 'VersionId'] },
              Location: { ObjectArn: manifest.arn, ETag: manifest.etag },
            },
            Report: {
              Enabled: true,
              Bucket: report.bucketArn,
              Prefix: report.prefix,
              Format: 'Report_CSV_20180820',
              ReportScope: 'AllTasks',
              ExpectedBucketOwner: account,
            },
            Priority: PRIORITY,
            RoleArn: roleArn,
            Description: description.slice(0, 256),
            ClientRequestToken: token,
          }),
        ),
      ).catch(asRefusal);
      return JobId ?? '';
    },
    describe: async (account, id) => {
      try {
        const { Job } = await asked(() => client.send(new DescribeJobCommand({ AccountId: account, JobId: id })));
        return Job && stateOf(Job);
      } catch (error) {
        if (isRefusal(error) && NO_SUCH_JOB.has(error.code)) return undefined;
        throw error;
      }
    },
    cancel: async (account, id, why) => {
      try {
        await asked(() =>
          client.send(
            new UpdateJobStatusCommand({
              AccountId: account,
              JobId: id,
              RequestedJobStatus: 'Cancelled',
              StatusUpdateReason: why.slice(0, 256),
            }),
          ),
        );
      } catch (error) {
        // It has ended, or was forgotten.
        if (!isRefusal(error) || !(NO_SUCH_JOB.has(error.code) || error.code === 'JobStatusException')) throw error;
      }
    },
  };
}

function stateOf({
  Status = '',
  ProgressSummary: { TotalNumberOfTasks = 0, NumberOfTasksSucceeded = 0, NumberOfTasksFailed = 0 } = {},
  FailureReasons = [],
}: JobDescription): JobState {
  return {
    status: Status,
    tasks: TotalNumberOfTasks,
    succeeded: NumberOfTasksSucceeded,
    failed: NumberOfTasksFailed,
    reasons: FailureReasons.map(({ FailureCode = 'Failed', FailureReason = '' }) => ({
      code: FailureCode,
      message: FailureReason,
    })),
  };
}

/** What we look at of the SDK's JobDescriptor. */
interface JobDescription {
  Status?: string | undefined;
  ProgressSummary?:
    | {
        TotalNumberOfTasks?: number | undefined;
        NumberOfTasksSucceeded?: number | undefined;
        NumberOfTasksFailed?: number | undefined;
      }
    | undefined;
  FailureReasons?: { FailureCode?: string | undefined; FailureReason?: string | undefined }[] | undefined;
}

/** S3 Control has codes of its own for what passes. */
async function asked<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  try {
    return await storageCall(call);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const { code, message, status } = error;
    if (THROTTLED.has(code)) throw new StorageError(code, message, { kind: 'throttled', status, cause: error });
    if (code === 'InternalServiceException')
      throw new StorageError(code, message, { kind: 'transient', status, cause: error });
    throw error;
  }
}

function isRefusal(error: unknown): error is StorageError {
  return error instanceof StorageError && error.kind === 'refused';
}

function asRefusal(error: unknown): never {
  if (!isRefusal(error)) throw error;
  throw new BackfillError(
    'JobRefused',
    `S3 Batch Operations refused the job: ${error.code}: ${error.message}. Look at the role of the pair's jobs and at the function StartJob's; see docs/engines.md.`,
    { cause: error },
  );
}

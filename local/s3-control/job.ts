/** Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-status.html. Pausing and Paused do not come about here. */
export const JOB_STATUSES = [
  'Active',
  'Cancelled',
  'Cancelling',
  'Complete',
  'Completing',
  'Failed',
  'Failing',
  'New',
  'Paused',
  'Pausing',
  'Preparing',
  'Ready',
  'Suspended',
] as const;

export type JobStatus = (typeof JOB_STATUSES)[number];

/** What CreateJob asks for: one operation, S3ReplicateObject, on all objects of a manifest. */
export interface JobRequest {
  readonly confirmationRequired: boolean;
  readonly report: JobReport;
  readonly token: string;
  readonly manifest: JobManifest;
  readonly description: string | undefined;
  readonly priority: number;
  readonly roleArn: string;
  readonly hasTags: boolean;
}

/** Where the completion report goes; undefined where none is asked for. */
export type JobReport =
  | { readonly isEnabled: false }
  | {
      readonly isEnabled: true;
      readonly bucket: string;
      readonly prefix: string;
      readonly scope: 'AllTasks' | 'FailedTasksOnly';
      readonly expectedOwner: string | undefined;
    };

export interface JobManifest {
  readonly bucket: string;
  readonly key: string;
  readonly versionId: string | undefined;
  /** Without quotes. */
  readonly etag: string;
  readonly fields: readonly ManifestField[];
}

export type ManifestField = 'Bucket' | 'Key' | 'VersionId' | 'Ignore';

/** One row of a manifest. */
export interface Task {
  readonly bucket: string;
  /** As the manifest writes it. */
  readonly encodedKey: string;
  readonly key: string;
  /** Undefined where the manifest has no version ids; empty where this row has none. */
  readonly versionId: string | undefined;
}

export interface TaskResult extends Task {
  readonly isSucceeded: boolean;
  readonly status: number;
  /** Empty where it succeeded. */
  readonly code: string;
  readonly message: string;
}

export interface JobFailure {
  readonly code: string;
  readonly reason: string;
}

/** A job from its creation on. Times in milliseconds since the epoch, by the engine's clock. */
export interface Job {
  readonly id: string;
  readonly arn: string;
  readonly account: string;
  readonly request: JobRequest;
  /** Elements of the request that DescribeJob gives back as they came. */
  readonly xml: { readonly manifest: string; readonly report: string; readonly operation: string };
  readonly createdAt: number;
  status: JobStatus;
  priority: number;
  statusUpdateReason?: string | undefined;
  suspendedAt?: number;
  activeAt?: number;
  terminatedAt?: number;
  total?: number;
  readonly results: TaskResult[];
  succeeded: number;
  failed: number;
  readonly failures: JobFailure[];
  /** Aborted when somebody cancels it. */
  readonly cancellation: AbortController;
  /** Called when somebody confirms it. */
  confirm?: () => void;
}

export const isTerminal = ({ status }: Job) => status === 'Complete' || status === 'Failed' || status === 'Cancelled';

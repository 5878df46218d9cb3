import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.js';
import { allow, type Permission } from './permission.js';
import { handlerFolder } from './handler-code.js';
import type { Workplace } from './permission-statements.js';
import { ownPermissionsOf } from './side-roles.js';

interface Resources {
  memoryMb: number;
  timeout: Duration;
  /** Of /tmp, where more than the 512 MiB that come with it is needed. */
  scratch?: Size;
}

/** The longest that Lambda allows; the state machine's TimeoutSeconds is ten seconds more. */
const LONGEST = Duration.minutes(15);

/**
 * Memory and time of each handler, and why. Memory is also CPU: 1,769 MB are one core. What was measured is the most that
 * a worker held in bench/run-size.ts, garbage included, for 20,000 to 200,000 rows.
 */
const SIZES: Record<string, Resources> = {
  // Held 90 MiB; a manifest of up to 64 MiB is held, decoded and parsed, which takes several times that.
  'prepare-run': { memoryMb: 1024, timeout: Duration.minutes(5) },
  // A page, a megabyte of lines and two parts of a file at a time. Waits for S3 most of the time.
  'list-range': { memoryMb: 512, timeout: LONGEST },
  // Answers of some thousand ranges, each with up to 64 keys at which it was split.
  'gather-listing': { memoryMb: 1024, timeout: LONGEST },
  // Held 100 MiB; gunzip, CSV and hashing want a whole core. An unsorted file spills 150 bytes a row:
  // 4 GiB are 28 million rows. A Parquet file, which has to be proved before it is read, lies there whole beside them.
  'index-file': { memoryMb: 1769, timeout: LONGEST, scratch: Size.gibibytes(10) },
  // Held 88 MiB: streams; sorts chunk lines in 48 MiB and on /tmp.
  'plan-pass': { memoryMb: 1024, timeout: LONGEST },
  // Held 230 MiB at 3 million rows, 55,000 a second of a whole core. Most ranges hold up to 10 million rows, and spill as IndexFile does.
  'merge-range': { memoryMb: 1769, timeout: LONGEST, scratch: Size.gibibytes(4) },
  // As PlanPass: streams; sorts chunk lines in memory and on /tmp.
  'gather-ranges': { memoryMb: 1024, timeout: LONGEST },
  // Held 125 MiB with 10,000 rows and 64 copies in flight. Waits for S3 most of the time: little CPU, long calls.
  'copy-chunk': { memoryMb: 512, timeout: LONGEST },
  // Held 110 MiB: the same rows, and a page of the listing at a time.
  'verify-chunk': { memoryMb: 512, timeout: LONGEST },
  // Holds eight chunks of 10,000 rows, decoded; decoding them wants a whole core.
  'start-job': { memoryMb: 1769, timeout: LONGEST },
  // A call of S3 Batch Operations.
  'check-job': { memoryMb: 256, timeout: Duration.minutes(1) },
  // Streams; sorts failed tasks in 64 MiB and on /tmp, 100 bytes each: 4 GiB are 40 million.
  'read-job-report': { memoryMb: 1024, timeout: LONGEST, scratch: Size.gibibytes(4) },
  // Writes one item.
  'record-chunk-failure': { memoryMb: 256, timeout: Duration.minutes(1) },
  // Held 109 MiB: streams every answer of a pass; sorts owed pieces in 48 MiB and on /tmp.
  'tally-pass': { memoryMb: 1024, timeout: LONGEST },
  // Two manifests of up to 64 MiB, as PrepareRun.
  'find-inventories': { memoryMb: 1024, timeout: Duration.minutes(5) },
  // A call of Athena each.
  'start-query': { memoryMb: 256, timeout: Duration.minutes(1) },
  'check-query': { memoryMb: 256, timeout: Duration.minutes(1) },
  // Writes one item.
  'record-day': { memoryMb: 256, timeout: Duration.minutes(1) },
  // Held 112 MiB: streams; writes rows of chunks that were never verified one after the other, 108 ms each.
  'report-run': { memoryMb: 1024, timeout: LONGEST },
  // As CopyChunk, with up to 100 keys and 64 of them in work.
  'sync-object': { memoryMb: 512, timeout: LONGEST },
  // Reads and writes items of tables.
  'record-dead-letter': { memoryMb: 256, timeout: Duration.minutes(1) },
};

export interface FunctionsOptions extends Workplace {
  /** Those that are made. */
  handlers: readonly string[];
  environment: Record<string, string>;
  /** By handler, beside those of all. */
  environmentOf: Record<string, Record<string, string>>;
  key: IKey | undefined;
}

/** One Lambda function for each handler, with a role of its own. Answers them by handler. */
export function createFunctions(scope: Construct, options: FunctionsOptions): Map<string, LambdaFunction> {
  const permissions = ownPermissionsOf(scope, options);
  return new Map(
    options.handlers.map((handler) => {
      const size = SIZES[handler];
      const allowed = permissions[handler];
      if (!size || !allowed)
        throw new Error(
          `Handler ${handler} has no size or no permissions: add it to infra/functions.ts and infra/permissions.ts.`,
        );
      return [handler, createFunction(scope, handler, size, allowed, options)] as const;
    }),
  );
}

function createFunction(
  scope: Construct,
  handler: string,
  { memoryMb, timeout, scratch }: Resources,
  permissions: readonly Permission[],
  { pair, environment, environmentOf, key }: FunctionsOptions,
): LambdaFunction {
  const id = pascalCase(handler);
  const functionName = `s3-backfill-${pair.name}-${handler}`;
  const logGroup = new LogGroup(scope, `${id}Log`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new Role(scope, `${id}Role`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `What ${id} of the pair ${pair.name} may do (s3-backfill).`,
  });
  allow(role, [
    { sid: 'WriteLog', actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logGroup.logGroupArn] },
    ...permissions,
  ]);
  if (key) key.grantEncryptDecrypt(role);

  const lambda = new LambdaFunction(scope, id, {
    functionName,
    description: `${id} of the pair ${pair.name} (s3-backfill).`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(handlerFolder(handler)),
    handler: 'index.handler',
    role,
    memorySize: memoryMb,
    timeout,
    ...(scratch ? { ephemeralStorageSize: scratch } : {}),
    environment: { ...environment, ...environmentOf[handler] },
    tracing: Tracing.ACTIVE,
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    // A run under way keeps the version that it began with: old versions stay.
    // But not one of a deployment that failed: the next one could not publish it again.
    currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
  });
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]':
      'X-Ray knows no resource to name: xray:PutTraceSegments and xray:PutTelemetryRecords.',
  });
  return lambda;
}

/** `copy-chunk` is `CopyChunk` in the state machine and in the template. */
export function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

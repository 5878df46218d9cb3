import type { Environment } from '../contracts/environment.js';
import type { Ports } from '../core/ports.js';
import type { Connection } from './connection.js';
import { DynamoFailureTable } from './dynamodb/failure-table.js';
import { S3BucketPair } from './s3/bucket-pair.js';
import { createS3Client } from './s3/client.js';
import { S3FileStore } from './s3/file-store.js';
import { temporaryScratch } from './scratch.js';
import { StepFunctionsExecutions } from './step-functions/executions.js';

const clock = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/** What core functions reach on AWS, or on whatever answers at the connection's endpoint. */
export function createPorts(environment: Environment, connection: Connection = {}): Ports {
  const files = createS3Client(connection, 8, environment.BACKFILL_RETRY_DELAY_MS);
  const objects = createS3Client(connection, 1);
  return {
    work: new S3FileStore(files, environment.BACKFILL_WORK_BUCKET),
    inventory: (bucket) => new S3FileStore(files, bucket),
    pair: (source, destination) => new S3BucketPair(objects, source, destination),
    failures: new DynamoFailureTable(environment.BACKFILL_FAILURE_TABLE, clock, connection),
    executions: new StepFunctionsExecutions(connection),
    clock,
    retryDelayMs: environment.BACKFILL_RETRY_DELAY_MS,
    random: Math.random,
    scratch: temporaryScratch,
  };
}

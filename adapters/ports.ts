import type { Environment } from '../contracts/environment.js';
import type { Ports } from '../core/ports.js';
import { clock } from './clock.js';
import type { Connection } from './connection.js';
import { DynamoFailureTable } from './dynamodb/failure-table.js';
import { S3BucketPair } from './s3/bucket-pair.js';
import { createS3Client } from './s3/client.js';
import { S3FileStore } from './s3/file-store.js';
import { temporaryScratch } from './scratch.js';
import { StepFunctionsExecutions } from './step-functions/executions.js';

/**
 * What core functions reach: work bucket, failure table and state machine by `services`; source, destination and
 * inventory by `objects`. On AWS both are what the environment says.
 */
export function createPorts(
  environment: Environment,
  services: Connection = {},
  objects: Connection = services,
): Ports {
  const files = (connection: Connection) => createS3Client(connection, 8, environment.BACKFILL_RETRY_DELAY_MS);
  const inventories = files(objects);
  // The core has patience of its own for what it copies.
  const pairs = createS3Client(objects, 1);
  return {
    work: new S3FileStore(files(services), environment.BACKFILL_WORK_BUCKET),
    inventory: (bucket) => new S3FileStore(inventories, bucket),
    pair: (source, destination) => new S3BucketPair(pairs, source, destination),
    failures: new DynamoFailureTable(environment.BACKFILL_FAILURE_TABLE, clock, services),
    executions: new StepFunctionsExecutions(services),
    clock,
    retryDelayMs: environment.BACKFILL_RETRY_DELAY_MS,
    random: Math.random,
    scratch: temporaryScratch,
  };
}

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { bucketPairs, failureTable, syncQueue, syncRecords, workBucket } from '../../adapters/ports.js';
import { liveRequests } from '../../bench/model/live.js';
import { environment } from '../../contracts/environment.js';
import { failureTableDefinition } from '../../contracts/failure.js';
import type { LiveSettings } from '../../contracts/live.js';
import { syncObject } from '../../core/sync/sync-object.js';
import { startEngine, type Engine } from '../../local/engine.js';

const told: string[] = [];
let engine: Engine;
let s3: S3Client;

beforeAll(async () => {
  engine = await startEngine({ access: { onCall: ({ action }) => told.push(action) } });
  const { endpoint, region, credentials } = engine;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const dynamodb = new DynamoDBClient({ endpoint, region, credentials });
  for (const Bucket of ['near', 'far', 'work']) await s3.send(new CreateBucketCommand({ Bucket }));
  await dynamodb.send(new CreateTableCommand(failureTableDefinition('failures')));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'records',
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  dynamodb.destroy();
});
afterAll(async () => {
  s3.destroy();
  await engine.close();
});

it('A live copy asks of S3 and of its table what the model counts for it, and so does the echo of its own copy', async () => {
  await s3.send(new PutObjectCommand({ Bucket: 'near', Key: 'a', Body: 'a' }));
  // A HEAD of what is not there needs s3:ListBucket too, so that S3 says so.
  expect(await asked('near')).toEqual({ ...inActions(liveRequests.copied), 's3:ListBucket': 1 });
  expect(await asked('far')).toEqual(inActions(liveRequests.echo));
});

/** What the function asks for, by action, when an object was created in this bucket. */
async function asked(bucket: string): Promise<Record<string, number>> {
  const inventory = { bucket: 'near', prefix: '', configId: 'all', format: 'CSV' as const, fields: [] };
  const settings: LiveSettings = {
    bounds: { source: { bucket: 'near' }, destination: { bucket: 'far' }, inventory, maxConcurrency: 50 },
    direction: 'both',
    propagateDeletes: false,
    table: 'records',
    queueUrl: `${engine.endpoint}/${engine.accountId}/queue`,
    workers: 50,
  };
  const connection = { endpoint: engine.endpoint, region: engine.region, credentials: engine.credentials };
  const site = {
    environment: environment.parse({
      BACKFILL_PAIR: 'demo',
      BACKFILL_WORK_BUCKET: 'work',
      BACKFILL_FAILURE_TABLE: 'failures',
      BACKFILL_RECONCILIATIONS: 'days',
      BACKFILL_LIVE: JSON.stringify(settings),
    }),
    services: connection,
    objects: connection,
  };
  const ports = {
    ...workBucket(site),
    ...bucketPairs(site),
    ...failureTable(site),
    ...syncRecords(site),
    ...syncQueue(site),
  };
  const event = {
    source: 'aws.s3',
    'detail-type': 'Object Created',
    time: new Date().toISOString(),
    detail: { bucket: { name: bucket }, object: { key: 'a' } },
  };
  const record = {
    messageId: bucket,
    receiptHandle: bucket,
    body: JSON.stringify(event),
    attributes: { ApproximateReceiveCount: 1 },
  };
  told.length = 0;
  await syncObject(ports, { pair: 'demo', settings }, { Records: [record] }, () => 900_000);
  return Object.fromEntries(
    [...new Set(told)].map((action) => [action, told.filter((each) => each === action).length]),
  );
}

/** A HEAD needs s3:GetObject, and a copy both that and s3:PutObject. */
function inActions({ head, copy, tableReads, tableWrites }: (typeof liveRequests)[keyof typeof liveRequests]) {
  const counts = {
    's3:GetObject': head + copy,
    's3:PutObject': copy,
    'dynamodb:GetItem': tableReads,
    'dynamodb:PutItem': tableWrites,
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}

import { AthenaQueries } from '../../../adapters/athena/queries.js';
import { DynamoReconciliations } from '../../../adapters/dynamodb/reconciliations.js';
import { athenaNames } from '../../../contracts/athena-tables.js';
import { syncTableDefinition } from '../../../contracts/live.js';
import { reconciliationsDefinition } from '../../../contracts/reconciliation.js';
import type { IncomingMessage } from 'node:http';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Connection } from '../../../adapters/connection.js';
import { DynamoSyncRecords } from '../../../adapters/dynamodb/sync-records.js';
import { DynamoFailureTable } from '../../../adapters/dynamodb/failure-table.js';
import { s3BucketPair } from '../../../adapters/s3/bucket-pair.js';
import { bucketSide } from '../../../adapters/s3/bucket-side.js';
import { createS3Client, wireConnections } from '../../../adapters/s3/client.js';
import { S3FileStore } from '../../../adapters/s3/file-store.js';
import { InPlaceTransfer } from '../../../adapters/s3/in-place-transfer.js';
import { StreamedTransfer } from '../../../adapters/s3/streamed-transfer.js';
import { temporaryScratch } from '../../../adapters/scratch.js';
import { failureTableDefinition, type Failure } from '../../../contracts/failure.js';
import type { BucketAddress } from '../../../contracts/side.js';
import type { BucketPair, FileWriter, Ports } from '../../../core/ports.js';
import { skippingClock } from '../../../local/clock.js';
import { serveJson } from '../../../local/doors/json-door.js';
import { openPort, type OpenPort } from '../../../local/doors/port.js';
import { EmbeddedDynamoDb } from '../../../local/dynamodb.js';
import { EmbeddedS3 } from '../../../local/s3/embedded-s3.js';

const region = 'eu-central-1';
const credentials = { accessKeyId: 'test-key', secretAccessKey: 'test-secret' };

/** The embedded S3 and DynamoDB behind real ports of this machine, and the real adapters that reach them. */
export interface Storage {
  s3: EmbeddedS3;
  /** Where it is, for clients of a test's own. */
  connection: Connection;
  /** The SDK's client, for what a test does itself. */
  client: S3Client;
  ports: Ports;
  /** Tells of each request that comes to S3, until what it answers is called. */
  onRequest(tell: (request: IncomingMessage) => void): () => void;
  /** Executions that count as running. */
  running: Set<string>;
  failures(runId: string): Promise<Failure[]>;
}

/** Buckets that every test finds, kept over the tests of a file: name keys apart. */
export const SOURCE = 'photos';
export const DESTINATION = 'photos-copy';
export const WORK = 'work-bucket';
export const INVENTORY = 'inventories';

/** A bucket's address that says no more than its name. */
export function at(bucket: string): BucketAddress {
  return { bucket };
}

/** SOURCE and DESTINATION, as a run without bounds reaches them. */
export function pairOf({ ports }: Storage): BucketPair {
  return ports.pair(at(SOURCE), at(DESTINATION));
}

/** Storage for the tests of a file; the faults that a test planted are gone after it. */
export function useStorage(): () => Storage {
  let storage: (Storage & { close(): Promise<void> }) | undefined;
  const opened = () => {
    if (!storage) throw new Error('The storage is open between beforeAll and afterAll; use it inside a test.');
    return storage;
  };
  beforeAll(async () => {
    storage = await openStorage();
  });
  afterEach(() => opened().s3.faults.clear());
  afterAll(() => opened().close());
  return opened;
}

/** Jobs belong to S3 Control, which a whole engine has. */
const noJobs: Ports['jobs'] = {
  create: () => Promise.reject(new Error('There are no jobs here.')),
  describe: () => Promise.resolve(undefined),
  cancel: () => Promise.resolve(),
};

async function openStorage(): Promise<Storage & { close(): Promise<void> }> {
  const clock = skippingClock();
  const s3 = new EmbeddedS3({ clock, region, credentials: [credentials] });
  for (const bucket of [SOURCE, DESTINATION, WORK, INVENTORY]) s3.createBucket(bucket);
  const listeners = new Set<(request: IncomingMessage) => void>();
  const s3Port = await openPort(0, (request, response) => {
    for (const tell of listeners) tell(request);
    return s3.handle(request, response);
  });
  const dynamodbPort = await openDynamoDb();
  const connection = (port: OpenPort) => ({ endpoint: port.endpoint, region, credentials });

  const files = createS3Client(connection(s3Port), 1);
  const dynamodb = new DynamoDBClient(connection(dynamodbPort));
  await dynamodb.send(new CreateTableCommand(failureTableDefinition('failures')));
  await dynamodb.send(new CreateTableCommand(reconciliationsDefinition('reconciliations')));
  await dynamodb.send(new CreateTableCommand(syncTableDefinition('live')));
  const failures = new DynamoFailureTable('failures', clock, connection(dynamodbPort));
  const running = new Set<string>();
  const ports: Ports = {
    work: new S3FileStore(files, WORK),
    inventory: ({ bucket, account }) => new S3FileStore(files, bucket, account),
    pair: (source, destination) => inPlacePair(files, source, destination),
    failures,
    queries: new AthenaQueries(athenaNames('demo'), connection(s3Port)),
    reconciliations: new DynamoReconciliations('reconciliations', connection(dynamodbPort)),
    syncRecords: new DynamoSyncRecords('live', connection(dynamodbPort)),
    announced: undefined,
    syncQueue: { later: () => Promise.resolve(), giveBack: () => Promise.resolve() },
    jobs: noJobs,
    executions: { isRunning: (arn) => Promise.resolve(running.has(arn)) },
    clock,
    retryDelayMs: 50,
    random: () => 0.5,
    scratch: temporaryScratch,
  };
  return {
    s3,
    connection: connection(s3Port),
    client: files,
    ports,
    onRequest: (tell) => {
      listeners.add(tell);
      return () => void listeners.delete(tell);
    },
    running,
    failures: async (runId) => {
      const found: Failure[] = [];
      for await (const each of failures.ofRun(runId)) found.push(each);
      return found;
    },
    close: async () => {
      files.destroy();
      dynamodb.destroy();
      await s3Port.close();
      await dynamodbPort.close();
    },
  };
}

const connections = wireConnections();

/** Both sides over one client, S3 copying by itself. */
export function inPlacePair(client: S3Client, source: BucketAddress, destination: BucketAddress): BucketPair {
  const [from, to] = [bucketSide(client, source, connections), bucketSide(client, destination, connections)];
  return s3BucketPair(from, to, new InPlaceTransfer(from, to));
}

/** A client for each side, and the bytes streamed from one to the other. */
export function streamedPair(
  clients: { source: S3Client; destination: S3Client },
  source: BucketAddress,
  destination: BucketAddress,
): BucketPair {
  const [from, to] = [
    bucketSide(clients.source, source, connections),
    bucketSide(clients.destination, destination, connections),
  ];
  return s3BucketPair(from, to, new StreamedTransfer(from, to));
}

function openDynamoDb(): Promise<OpenPort> {
  const dynamodb = new EmbeddedDynamoDb();
  return openPort(0, (request, response) =>
    serveJson(request, response, { service: 'dynamodb', region, credentials }, (body) =>
      dynamodb.handle(String(request.headers['x-amz-target']).split('.').at(-1) ?? '', body),
    ),
  );
}

/** Ports whose writers are watched: `open` names those that were written to and neither closed nor given up. */
export function watchWriters(ports: Ports): { ports: Ports; open: Set<string> } {
  const open = new Set<string>();
  const writer = (key: string): FileWriter => {
    const real = ports.work.writer(key);
    open.add(key);
    return {
      write: (bytes) => real.write(bytes),
      close: () => real.close().then(() => void open.delete(key)),
      abort: () => real.abort().then(() => void open.delete(key)),
    };
  };
  const work = new Proxy(ports.work, {
    get: (target, name) => {
      if (name === 'writer') return writer;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { ports: { ...ports, work }, open };
}

/** The lines of a JSON Lines file of the work bucket. */
export async function linesOf<T>({ ports }: Storage, key: string): Promise<T[]> {
  const file = await ports.work.read(key);
  if (!file) throw new Error(`There is no ${key}.`);
  return file.body
    .toString()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

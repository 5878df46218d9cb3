import { athenaNames } from '../contracts/athena-tables.js';
import type { Environment } from '../contracts/environment.js';
import { readAnnounceSettings, readLiveSettings } from '../contracts/live.js';
import type { Ports } from '../core/ports.js';
import { isOnePrincipal } from '../contracts/side.js';
import { AthenaQueries } from './athena/queries.js';
import { clock } from './clock.js';
import type { Connection } from './connection.js';
import { DynamoFailureTable } from './dynamodb/failure-table.js';
import { DynamoReconciliations } from './dynamodb/reconciliations.js';
import { DynamoSyncRecords } from './dynamodb/sync-records.js';
import { s3BucketPair } from './s3/bucket-pair.js';
import { sessionNameOf } from './s3/assumed-role.js';
import { createS3Client, perRegion } from './s3/client.js';
import { clientByKeys } from './s3/client-by-keys.js';
import { S3FileStore } from './s3/file-store.js';
import { InPlaceTransfer } from './s3/in-place-transfer.js';
import { pairSides } from './s3/pair-sides.js';
import { replicationJobs as s3ReplicationJobs } from './s3/replication-jobs.js';
import { createS3ControlClient } from './s3/s3-control-client.js';
import { StreamedTransfer } from './s3/streamed-transfer.js';
import { temporaryScratch } from './scratch.js';
import { secretsBy, type Secrets } from './secrets/secret-credentials.js';
import { SqsSyncQueue } from './sqs/sync-queue.js';
import { StepFunctionsExecutions } from './step-functions/executions.js';

/**
 * Where a handler works: work bucket, failure table and state machine are reached by `services`; source, destination and
 * inventory by `objects`. On AWS both are what the environment says.
 */
export interface Site {
  environment: Environment;
  services: Connection;
  objects: Connection;
}

/** Makes some of the ports. Each is a value of its own, so that a bundle has no SDK but those that its handler names. */
export type PortFactory<K extends keyof Ports> = (site: Site) => Pick<Ports, K>;

/** A worker reads a secret once, whichever of its ports asks. */
function secretsOf(site: Site): Secrets {
  const secrets = secretsOfSite.get(site) ?? secretsBy(site.services);
  secretsOfSite.set(site, secrets);
  return secrets;
}

const secretsOfSite = new WeakMap<Site, Secrets>();

/** Tries of the SDK for one call, where the core has no patience of its own. */
const ATTEMPTS = 8;

export const workBucket: PortFactory<'work'> = ({ environment, services }) => ({
  work: new S3FileStore(
    createS3Client(services, ATTEMPTS, environment.BACKFILL_RETRY_DELAY_MS),
    environment.BACKFILL_WORK_BUCKET,
    environment.BACKFILL_ACCOUNT,
  ),
});

export const inventories: PortFactory<'inventory'> = (site) => {
  const { environment, objects } = site;
  const retryDelayMs = environment.BACKFILL_RETRY_DELAY_MS;
  const client = perRegion((region) => createS3Client({ ...objects, ...region }, ATTEMPTS, retryDelayMs));
  const asking = { connection: objects, secrets: secretsOf(site), attempts: ATTEMPTS, retryDelayMs };
  return {
    inventory: (at) => new S3FileStore(clientByKeys(at, asking) ?? client(at.region), at.bucket, at.account),
  };
};

/** Source and destination, and the patience that the core has with them. */
export const bucketPairs: PortFactory<'pair' | 'clock' | 'random' | 'retryDelayMs'> = (site) => {
  const { environment, objects } = site;
  const sidesOf = pairSides(objects, sessionNameOf(environment.BACKFILL_PAIR), secretsOf(site));
  return {
    pair: (from, to) => {
      const { source, destination } = sidesOf(from, to);
      const Transfer = isOnePrincipal(from, to) ? InPlaceTransfer : StreamedTransfer;
      return s3BucketPair(source, destination, new Transfer(source, destination));
    },
    clock,
    random: Math.random,
    retryDelayMs: environment.BACKFILL_RETRY_DELAY_MS,
  };
};

export const failureTable: PortFactory<'failures' | 'clock'> = ({ environment, services }) => ({
  failures: new DynamoFailureTable(environment.BACKFILL_FAILURE_TABLE, clock, services),
  clock,
});

export const executions: PortFactory<'executions'> = ({ services }) => ({
  executions: new StepFunctionsExecutions(services),
});

export const queries: PortFactory<'queries'> = ({ environment, services }) => ({
  queries: new AthenaQueries(athenaNames(environment.BACKFILL_PAIR), services),
});

export const reconciliations: PortFactory<'reconciliations' | 'clock'> = ({ environment, services }) => ({
  reconciliations: new DynamoReconciliations(environment.BACKFILL_RECONCILIATIONS, services),
  clock,
});

/** Of a pair with a live copy by events. */
export const syncRecords: PortFactory<'syncRecords'> = ({ environment, services }) => ({
  syncRecords: new DynamoSyncRecords(readLiveSettings(environment.BACKFILL_LIVE).table, services),
});

/** Of a pair with a live copy by events, where its runs announce their copies. */
export const announcedCopies: PortFactory<'announced'> = ({ environment, services }) => {
  const settings = readAnnounceSettings(environment.BACKFILL_ANNOUNCE);
  if (!settings) return { announced: undefined };
  const { table, ...copies } = settings;
  return { announced: { records: new DynamoSyncRecords(table, services), ...copies } };
};

export const syncQueue: PortFactory<'syncQueue'> = ({ environment, services }) => ({
  syncQueue: new SqsSyncQueue(readLiveSettings(environment.BACKFILL_LIVE).queueUrl, services),
});

/** In the Region of the function, which is the source's where the pair replicates. */
export const replicationJobs: PortFactory<'jobs' | 'clock'> = ({ environment, services }) => ({
  jobs: s3ReplicationJobs(
    createS3ControlClient(services, ATTEMPTS, environment.BACKFILL_RETRY_DELAY_MS),
    environment.BACKFILL_JOB_ROLE,
  ),
  clock,
});

export const scratch: PortFactory<'scratch'> = () => ({ scratch: temporaryScratch });

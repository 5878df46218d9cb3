import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { clientSettings, type Connection } from '../connection.js';
import { Connections } from './wire/connections.js';

/** More than the copies that one worker has in flight. */
const MOST_SOCKETS = 128;
const CONNECT_TIMEOUT_MS = 5_000;
/** A CopyObject of 5 GiB is silent for a minute or more. */
export const REQUEST_TIMEOUT_MS = 300_000;

/** Three times a list of 1,000 keys of 1,024 bytes, each of them percent-encoded. */
const LONGEST_ANSWER = 10 * 1024 * 1024;

/** What a client may do otherwise than most. */
export type ClientOptions = Pick<
  S3ClientConfig,
  'credentials' | 'followRegionRedirects' | 'logger' | 'requestHandler' | 'responseChecksumValidation'
>;

/**
 * `maxAttempts`: tries of the SDK for one call; 1 where the caller has patience of its own. Between them it waits a
 * random part of a delay that doubles each time, `retryDelayMs` on average at first.
 */
export function createS3Client(
  connection: Connection,
  maxAttempts: number,
  retryDelayMs = 100,
  options: ClientOptions = {},
): S3Client {
  const agent = { keepAlive: true, maxSockets: MOST_SOCKETS };
  return new S3Client({
    retryStrategy: new ConfiguredRetryStrategy(maxAttempts, (tries) => Math.random() * retryDelayMs * 2 ** tries),
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...clientSettings(connection),
    // The request names buckets, not their Regions.
    followRegionRedirects: true,
    forcePathStyle: connection.endpoint !== undefined,
    ...options,
  });
}

/** A client for each Region that is named, made when it is first asked for; without a Region, the one of the environment. */
export function perRegion(create: (region: { region?: string }) => S3Client): (region?: string) => S3Client {
  const clients = new Map<string | undefined, S3Client>();
  return (region) => {
    const client = clients.get(region) ?? create(region === undefined ? {} : { region });
    clients.set(region, client);
    return client;
  };
}

/** Connections of the calls that go without the SDK, bounded as those of its clients are. */
export function wireConnections(): Connections {
  return new Connections({
    most: MOST_SOCKETS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    silenceMs: REQUEST_TIMEOUT_MS,
    longest: LONGEST_ANSWER,
  });
}

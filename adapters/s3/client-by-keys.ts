import type { S3Client } from '@aws-sdk/client-s3';
import type { ReachedAddress } from '../../contracts/side.js';
import type { Connection } from '../connection.js';
import { renewing } from '../secrets/renewing-client.js';
import type { Secrets } from '../secrets/secret-credentials.js';
import { createS3Client, type ClientOptions } from './client.js';

interface Asking {
  connection: Connection;
  secrets: Secrets;
  /** Tries of the SDK for one call. */
  attempts: number;
  retryDelayMs?: number | undefined;
}

/**
 * A client of a bucket that is reached by the keys of a secret, at its own endpoint where it has one; undefined where the
 * bucket has no secret. Nothing of our own environment goes to it: no role, no profile.
 */
export function clientByKeys(
  { credentialsSecretArn, endpoint, region }: ReachedAddress,
  { connection, secrets, attempts, retryDelayMs }: Asking,
  options: ClientOptions = {},
): S3Client | undefined {
  if (credentialsSecretArn === undefined) return undefined;
  const credentials = secrets(credentialsSecretArn);
  const at = { endpoint: endpoint ?? connection.endpoint, ...(region === undefined ? {} : { region }) };
  const client = createS3Client(at, attempts, retryDelayMs, {
    ...options,
    credentials: credentials.provide,
    // Another server has one place, whatever it calls its Regions.
    ...(endpoint === undefined ? {} : { followRegionRedirects: false }),
  });
  return renewing(client, credentials);
}

import type { S3Client } from '@aws-sdk/client-s3';
import { isOnePrincipal, isReachedByKeys, type SideAddress } from '../../contracts/side.js';
import type { Connection } from '../connection.js';
import type { Secrets } from '../secrets/secret-credentials.js';
import { assumedRole, type RoleCredentials } from './assumed-role.js';
import { bucketSide, type BucketSide } from './bucket-side.js';
import { createS3Client, perRegion, wireConnections, type ClientOptions } from './client.js';
import { clientByKeys } from './client-by-keys.js';

/** The core has patience of its own. A body that is handed on is checked by whoever it is handed to. */
const SETTINGS = { responseChecksumValidation: 'WHEN_REQUIRED' } as const satisfies ClientOptions;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** Of whom streams are sent to. They cannot be sent again, to another Region least of all, and the SDK warns of it each time. */
const STREAMED_TO: ClientOptions = { followRegionRedirects: false, logger: SILENT };
const ATTEMPTS = 1;

/**
 * Makes the two sides of a pair, each reached by its own role, or by the keys of its secret, where it has one. Roles are
 * assumed anew each time that sides are made, secrets read once; connections are kept, and those of reads apart from those of writes: a read that waits for the connection of
 * its write must not hold it.
 */
export function pairSides(
  connection: Connection,
  sessionName: string,
  secrets: Secrets,
): (source: SideAddress, destination: SideAddress) => { source: BucketSide; destination: BucketSide } {
  const create = (region: { region?: string }) =>
    createS3Client({ ...connection, ...region }, ATTEMPTS, undefined, SETTINGS);
  const [ours, readers] = [perRegion(create), perRegion(create)];
  const connections = wireConnections();

  return (source, destination) => {
    if (isOnePrincipal(source, destination) && source.roleArn === undefined && !isReachedByKeys(source))
      return {
        source: bucketSide(ours(source.region), source, connections),
        destination: bucketSide(ours(destination.region), destination, connections),
      };
    const isStreamed = !isOnePrincipal(source, destination);
    const roles = new Map<string, RoleCredentials>();
    const credentialsOf = ({ roleArn, externalId }: SideAddress): RoleCredentials | undefined => {
      if (roleArn === undefined) return undefined;
      const role = { roleArn, externalId, sessionName };
      const credentials = roles.get(roleArn) ?? assumedRole(role, connection, ours().config.region);
      roles.set(roleArn, credentials);
      return credentials;
    };
    const clientOf = (at: SideAddress, like: S3Client, more: ClientOptions): S3Client => {
      const requestHandler = like.config.requestHandler;
      const byKeys = clientByKeys(
        at,
        { connection, secrets, attempts: ATTEMPTS },
        { ...SETTINGS, ...more, requestHandler },
      );
      if (byKeys) return byKeys;
      const credentials = credentialsOf(at);
      return createS3Client(
        { ...connection, ...(at.region === undefined ? {} : { region: at.region }) },
        ATTEMPTS,
        undefined,
        {
          ...SETTINGS,
          ...more,
          requestHandler,
          ...(credentials === undefined ? {} : { credentials }),
        },
      );
    };
    return {
      source: bucketSide(clientOf(source, readers(source.region), {}), source, connections),
      destination: bucketSide(
        clientOf(destination, ours(destination.region), isStreamed ? STREAMED_TO : {}),
        destination,
        connections,
      ),
    };
  };
}

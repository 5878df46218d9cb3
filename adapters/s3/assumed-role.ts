import { fromTemporaryCredentials } from '@aws-sdk/credential-providers';
import { doesIdentityRequireRefresh, isIdentityExpired, memoizeIdentityProvider } from '@smithy/core';
import type { S3ClientConfig } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import type { Connection } from '../connection.js';
import { asStorageError } from './storage-error.js';

/** The longest that a session may last where a role assumes a role, as a function's does. Source: AWS STS, AssumeRole. */
const SESSION_SECONDS = 3600;
/** Tries of the SDK for one call of STS. */
const ATTEMPTS = 5;

export interface Role {
  roleArn: string;
  externalId: string | undefined;
  /** Names the session in the role's owner's CloudTrail. */
  sessionName: string;
}

/** Credentials of a role, for whoever asks first and all others, made anew five minutes before they end. */
export type RoleCredentials = Extract<S3ClientConfig['credentials'], (...properties: never[]) => unknown>;

/**
 * Credentials of a role that is assumed when they are first asked for. STS is asked in our own Region, where the connection
 * names no endpoint. Throws StorageError `RoleNotAssumed` where STS refuses.
 */
export function assumedRole(
  { roleArn, externalId, sessionName }: Role,
  { endpoint, credentials }: Connection,
  region: S3ClientConfig['region'],
): RoleCredentials {
  const assume = fromTemporaryCredentials({
    params: {
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      DurationSeconds: SESSION_SECONDS,
      ...(externalId === undefined ? {} : { ExternalId: externalId }),
    },
    ...(credentials === undefined ? {} : { masterCredentials: credentials }),
    clientConfig: {
      maxAttempts: ATTEMPTS,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
    },
  });
  const assumeOrTell: typeof assume = async (properties) => {
    try {
      return await assume(properties);
    } catch (error) {
      throw notAssumed(roleArn, error);
    }
  };
  return memoizeIdentityProvider(assumeOrTell, isIdentityExpired, doesIdentityRequireRefresh) as RoleCredentials;
}

/** A name for a session that STS takes: 2 to 64 letters, digits and characters of `+=,.@_-`. */
export function sessionNameOf(pair: string): string {
  return `s3-backfill-${pair}`.replaceAll(/[^\w+=,.@-]/g, '-').slice(0, 64);
}

function notAssumed(roleArn: string, error: unknown): unknown {
  const known = asStorageError(error);
  if (!(known instanceof StorageError)) return known;
  const { code, kind, status, message } = known;
  return new StorageError(
    kind === 'refused' ? 'RoleNotAssumed' : code,
    `The role ${roleArn} could not be assumed, STS answered ${code}: ${message}`,
    { kind, status, cause: error },
  );
}

import type { S3Client } from '@aws-sdk/client-s3';
import { StorageError } from '../../core/errors.js';
import { asStorageError } from '../s3/storage-error.js';
import type { SecretCredentials } from './secret-credentials.js';

/** How servers that speak S3 refuse an access key, whatever is asked for. */
const REFUSED = new Set([
  'ExpiredToken',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSecurity',
  'InvalidToken',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'Unauthorized',
]);

/**
 * Has a client that signs with the key in a secret read the secret again when the key is refused, and try again once: a key
 * that was rotated is no failure. A body that is streamed is gone; its call fails as one that passes, for the caller's
 * patience. So does one that is refused with a new key: it takes servers some seconds to know one.
 */
export function renewing(client: S3Client, credentials: SecretCredentials): S3Client {
  client.middlewareStack.add(
    (next) => async (args) => {
      const { generation } = credentials;
      try {
        return await next(args);
      } catch (error) {
        if (!isRefused(error)) throw told(error, credentials);
        if (credentials.generation === generation) await credentials.renew();
        if (isStreamed(args.input)) throw refusal(error, credentials, credentials.generation !== generation);
        try {
          return await next(args);
        } catch (again) {
          throw isRefused(again)
            ? refusal(again, credentials, credentials.generation !== generation)
            : told(again, credentials);
        }
      }
    },
    { step: 'initialize', priority: 'high', name: 'renewCredentials' },
  );
  return client;
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && REFUSED.has(error.name);
}

function isStreamed(input: object): boolean {
  const { Body } = input as { Body?: unknown };
  return typeof Body === 'object' && Body !== null && 'pipe' in Body;
}

/** An error of the SDK has the answer in it, which may tell the key: only its words go on. */
function refusal(error: unknown, credentials: SecretCredentials, isNew: boolean): unknown {
  const known = asStorageError(error);
  if (!(known instanceof StorageError)) return known;
  const { code, status, message } = known;
  return new StorageError(code, credentials.withoutKeys(message), { kind: isNew ? 'transient' : 'refused', status });
}

function told(error: unknown, credentials: SecretCredentials): unknown {
  if (!(error instanceof Error)) return error;
  error.message = credentials.withoutKeys(error.message);
  if (error.stack !== undefined) error.stack = credentials.withoutKeys(error.stack);
  return error;
}

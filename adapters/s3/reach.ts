import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Connection } from '../connection.js';
import { StorageError } from '../../core/errors.js';
import { createS3Client } from './client.js';
import { asStorageError } from './storage-error.js';

/** Codes that say who we are is not accepted, whatever we ask for. */
const NOT_ACCEPTED = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'RequestTimeTooSkewed',
  'TokenRefreshRequired',
]);

/** Says in a sentence why S3 cannot be talked to at all, or undefined where it answers: what it answers about the bucket is another matter. */
export async function whyUnreachable(connection: Connection, bucket: string): Promise<string | undefined> {
  const client = createS3Client(connection, 2);
  try {
    // Not a HEAD: its answer has no body, and so no code.
    await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
    return undefined;
  } catch (thrown) {
    const error = asStorageError(thrown);
    const where = connection.endpoint ?? 'AWS';
    if (!(error instanceof StorageError)) return `S3 at ${where} was not asked: ${(error as Error).message}`;
    if (error.code === 'NoAnswer') return `S3 at ${where} does not answer: ${error.message}`;
    return NOT_ACCEPTED.has(error.code) ? `S3 at ${where} does not accept the credentials: ${error.code}` : undefined;
  } finally {
    client.destroy();
  }
}

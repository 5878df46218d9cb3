import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { Connection } from '../connection.js';
import { StorageError } from '../../core/errors.js';
import { callFailure } from '../unreachable.js';
import { createS3Client } from './client.js';
import { asStorageError } from './storage-error.js';

/** Throws what the SDK threw where S3 cannot be talked to at all; what S3 answers about the bucket is for the run to say. */
export async function reachS3(connection: Connection, bucket: string): Promise<void> {
  const client = createS3Client(connection, 2);
  try {
    // Not a HEAD: its answer has no body, and so no code.
    await client.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
  } catch (thrown) {
    const error = asStorageError(thrown);
    const isAboutBucket = error instanceof StorageError && ['AccessDenied', 'NoSuchBucket'].includes(error.code);
    if (!isAboutBucket && callFailure(thrown).kind !== 'refused') throw thrown;
  } finally {
    client.destroy();
  }
}

import { parse } from 'csv-parse/sync';
import { decodePercent } from '../http/uri.js';
import { type CallerStorage, StorageDenied } from '../s3/caller-storage.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import type { JobFailure, JobManifest, Task } from './job.js';

/** Why a job cannot be run at all. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';

  constructor(readonly failure: JobFailure) {
    super(failure.reason);
  }
}

/**
 * The tasks of a manifest, read as the job's role. The codes of failures but InvalidManifestContent are guesses.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshooting-batch-operations.html
 * @throws JobFailed
 */
export function readManifest(s3: EmbeddedS3, storage: CallerStorage, manifest: JobManifest): Task[] {
  const { bucket, key, versionId, etag, fields } = manifest;
  try {
    storage.check(versionId === undefined ? 's3:GetObject' : 's3:GetObjectVersion', bucket, key);
  } catch (error) {
    if (error instanceof StorageDenied) throw failed('AccessDenied', 'Reading the manifest is forbidden: AccessDenied');
    throw error;
  }
  const object = s3.hasBucket(bucket) ? s3.getObject(bucket, key, versionId) : undefined;
  if (!object) throw failed('ManifestNotFound', 'The manifest object could not be found: NoSuchKey');
  if (object.etag !== etag)
    throw failed('ManifestETagMismatch', `The manifest's ETag is ${object.etag}, and not ${etag}: it was replaced.`);
  if (object.encryption.kind !== 'SSE-S3' && object.encryption.kind !== 'NOT-SSE')
    throw failed(
      'InvalidManifestContent',
      'Manifests that are encrypted with KMS or customers’ keys are not supported',
    );
  const rows = parsed(object.body);
  const tasks = rows.map((row) => taskOf(row, fields));
  if (tasks.some((task) => task.bucket !== tasks[0]?.bucket))
    throw failed('InvalidManifestContent', 'Invalid Manifest Content: expected objects of one bucket');
  return tasks;
}

const failed = (code: string, reason: string) => new JobFailed({ code, reason });

function parsed(body: Buffer): string[][] {
  try {
    return parse(new TextDecoder('utf-8', { fatal: true }).decode(body), { skip_empty_lines: true });
  } catch {
    throw failed('InvalidManifestContent', 'Manifest file is not properly formatted');
  }
}

function taskOf(row: readonly string[], fields: JobManifest['fields']): Task {
  if (row.length !== fields.length) throw failed('InvalidManifestContent', 'Manifest file is not properly formatted');
  const field = (name: JobManifest['fields'][number]) => row[fields.indexOf(name)];
  const encodedKey = field('Key') ?? '';
  const key = decodePercent(encodedKey.replaceAll('+', ' '));
  if (!key) throw failed('InvalidManifestContent', 'Invalid object key format');
  return { bucket: field('Bucket') ?? '', encodedKey, key, versionId: field('VersionId') };
}

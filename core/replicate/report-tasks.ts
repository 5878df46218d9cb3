import { createHash } from 'node:crypto';
import { pipeline, Transform, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import * as z from 'zod';
import type { FailedTask } from '../../contracts/replication-job.js';
import { BackfillError } from '../errors.js';
import { decodeKey } from '../keys.js';
import type { FileStore } from '../ports.js';

/** A job's `manifest.json`: the files of its completion report. */
const reportManifest = z.object({
  Results: z.array(
    z.object({ TaskExecutionStatus: z.string(), Bucket: z.string(), MD5Checksum: z.string(), Key: z.string() }),
  ),
});

/** Bytes of a record: a key, and what S3 says of it. */
const LONGEST_RECORD = 1024 * 1024;
const COLUMNS = 7;
/** What can be the name of a count, and is no sentence. */
const CODE = /^[A-Za-z][\w.-]{0,63}$/;
/** S3 has two words for how a task failed that do not say why. */
const KINDS = new Set(['PermanentFailure', 'TemporaryFailure', 'Failed', 'failed']);
/** The version of the manifest is not there any more: a look at the source tells in the next pass what became of it. */
const SOURCE_GONE = new Set([
  'SrcObjectNotFound',
  'SrcKeyNotFound',
  'SrcVersionNotFound',
  'NoSuchKey',
  'NoSuchVersion',
]);

/**
 * Streams the failed tasks of a job's completion report, which lies under `folder`. None where S3 wrote no report, as of a job
 * that ended before its first task. Throws JobReportCorrupt where a file is not what its manifest says.
 */
export async function* failedTasks(files: FileStore, folder: string): AsyncGenerator<FailedTask> {
  const manifest = await files.read(`${folder}manifest.json`);
  if (!manifest) return;
  for (const { TaskExecutionStatus, Bucket, Key, MD5Checksum } of readManifest(files, folder, manifest.body)) {
    if (TaskExecutionStatus !== 'failed') continue;
    if (Bucket !== files.bucket || !Key.startsWith(folder))
      throw corrupt(files, Key, `expected a file under s3://${files.bucket}/${folder}`);
    const file = await files.stream(Key);
    if (!file) throw corrupt(files, Key, 'it is named by the manifest, and not there');
    yield* tasksOf(files, Key, file.body, MD5Checksum);
  }
}

function readManifest(files: FileStore, folder: string, body: Buffer): z.infer<typeof reportManifest>['Results'] {
  try {
    return reportManifest.parse(JSON.parse(body.toString('utf8'))).Results;
  } catch (error) {
    throw corrupt(files, `${folder}manifest.json`, `it does not read as one: ${(error as Error).message}`);
  }
}

async function* tasksOf(files: FileStore, key: string, body: Readable, md5: string): AsyncGenerator<FailedTask> {
  const digest = createHash('md5');
  const counted = new Transform({
    transform: (bytes: Buffer, _, done) => {
      digest.update(bytes);
      done(null, bytes);
    },
  });
  const parser = parse({ relax_column_count: true, max_record_size: LONGEST_RECORD });
  // Either stream ends the others; its error comes out of the iteration.
  pipeline(body, counted, parser, () => undefined);
  try {
    for await (const record of parser as AsyncIterable<string[]>) yield taskOf(files, key, record);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw corrupt(files, key, error.message);
  }
  const found = digest.digest('hex');
  if (found !== md5.toLowerCase()) throw corrupt(files, key, `expected the MD5 ${md5}, found ${found}`);
}

/**
 * The columns of `Report_CSV_20180820`: Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage. S3's own
 * examples have the status before the code: the one that is a number is the status.
 */
function taskOf(files: FileStore, file: string, record: readonly string[]): FailedTask {
  const [, encoded = '', versionId = '', , first = '', second = '', message = ''] = record;
  const key = decodeKey(encoded);
  if (record.length !== COLUMNS || key === undefined)
    throw corrupt(files, file, `expected records of ${COLUMNS} columns and a key that decodes, found ${record.length}`);
  const [status, code] = /^\d{3}$/.test(first) ? [first, second] : [second, first];
  const cause = [code, message].find((word) => CODE.test(word) && !KINDS.has(word) && !(word in {}));
  return {
    key,
    versionId: versionId === '' ? 'null' : versionId,
    ...(cause !== undefined && SOURCE_GONE.has(cause)
      ? {
          cause: 'KeepsChanging',
          message: `${cause}: the source object was replaced or deleted before the job came to it.`,
        }
      : { cause: cause ?? 'ReplicationFailed', message: message === '' ? `S3 says ${code} and no more.` : message }),
    ...(/^[1-5]\d\d$/.test(status) && status !== '200' ? { status: Number(status) } : {}),
  };
}

function corrupt({ bucket }: FileStore, key: string, why: string): BackfillError {
  return new BackfillError(
    'JobReportCorrupt',
    `s3://${bucket}/${key}, of the completion report of S3 Batch Operations: ${why}. Start the run again.`,
  );
}

import { createHash } from 'node:crypto';
import type { CallerStorage } from '../s3/caller-storage.js';
import type { EmbeddedS3 } from '../s3/embedded-s3.js';
import type { Job, TaskResult } from './job.js';

/**
 * Writes the completion report as the job's role, in S3's layout. Its rows have the HTTP status before the error code, as
 * those of S3 do, although the schema names them the other way round.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-examples-reports.html
 * @returns whether it could be written
 */
export function writeReport(s3: EmbeddedS3, storage: CallerStorage, job: Job, now: number): boolean {
  const { report } = job.request;
  // A job of which no task was begun has none.
  if (!report.isEnabled || job.results.length === 0) return true;
  const folder = `${report.prefix === '' ? '' : `${report.prefix}/`}job-${job.id}`;
  const put = (key: string, body: Buffer, contentType: string) =>
    storage.put(report.bucket, key, body, { contentType, encryption: { kind: 'SSE-S3' } });
  try {
    if (report.expectedOwner !== undefined && s3.ownerOf(report.bucket) !== report.expectedOwner) return false;
    const results = [true, false].flatMap((isSucceeded) => {
      const rows = job.results.filter((result) => result.isSucceeded === isSucceeded);
      if (rows.length === 0 || (isSucceeded && report.scope === 'FailedTasksOnly')) return [];
      const name = isSucceeded ? 'succeeded' : 'failed';
      const key = `${folder}/results/${hash('sha1', `${job.id} ${name}`)}.csv`;
      const body = Buffer.from(rows.map(line).join(''));
      put(key, body, 'text/csv');
      return [{ TaskExecutionStatus: name, Bucket: report.bucket, MD5Checksum: hash('md5', body), Key: key }];
    });
    const manifest = {
      Format: 'Report_CSV_20180820',
      ReportCreationDate: new Date(now).toISOString(),
      Results: results,
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
    };
    put(`${folder}/manifest.json`, Buffer.from(JSON.stringify(manifest)), 'application/json');
    return true;
  } catch {
    return false;
  }
}

const hash = (algorithm: 'sha1' | 'md5', data: string | Buffer) => createHash(algorithm).update(data).digest('hex');

function line({ bucket, encodedKey, versionId = '', isSucceeded, status, code, message }: TaskResult): string {
  const cells = [bucket, encodedKey, versionId, isSucceeded ? 'succeeded' : 'failed', status, code, message];
  return `${cells.map((cell) => quoted(String(cell))).join(',')}\n`;
}

const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

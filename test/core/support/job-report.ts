import { createHash } from 'node:crypto';
import { jobEnd, type JobEnd } from '../../../contracts/replication-job.js';
import { encodeKey } from '../../../core/keys.js';
import type { FileStore } from '../../../core/ports.js';
import { runFiles, writeJson } from '../../../core/run-files.js';

/** A task as a completion report has it. */
export interface ReportTask {
  key: string;
  versionId: string;
  /** Empty of one that succeeded. */
  code?: string;
  status?: string;
  message?: string;
}

/** Puts the end of a job of a pass on file, as CheckJob does. */
export async function writeEnd(
  files: FileStore,
  { runId, pass }: { runId: string; pass: number },
  more: Partial<JobEnd> = {},
): Promise<void> {
  const end = { id: 'job-1', status: 'Complete', tasks: 0, succeeded: 0, failed: 0, reasons: [], ...more };
  await writeJson(files, runFiles(runId).jobEnd(pass), jobEnd.parse(end));
}

/** Writes a completion report as S3 Batch Operations does: files of one status, and their manifest. */
export async function writeReport(
  files: FileStore,
  { runId, pass }: { runId: string; pass: number },
  reports: { status: 'succeeded' | 'failed'; tasks: readonly ReportTask[]; md5?: string }[],
  id = 'job-1',
): Promise<void> {
  const folder = `${runFiles(runId).jobReport(pass)}/job-${id}/`;
  const Results = [];
  for (const [index, { status, tasks, md5 }] of reports.entries()) {
    const body = tasks.map((task) => reportLine(status, task)).join('');
    const Key = `${folder}results/${index}.csv`;
    if (body !== '') await files.write(Key, body);
    const MD5Checksum = md5 ?? createHash('md5').update(body).digest('hex');
    Results.push({ TaskExecutionStatus: status, Bucket: files.bucket, MD5Checksum, Key });
  }
  await writeJson(files, `${folder}manifest.json`, {
    Format: 'Report_CSV_20180820',
    ReportCreationDate: '2026-01-31T00:00:00.000Z',
    Results,
    ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
  });
}

function reportLine(taskStatus: string, { key, versionId, code = '', status = '', message = '' }: ReportTask): string {
  const fields = ['photos', encodeKey(key), versionId, taskStatus, code, status, message];
  return `${fields.map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',')}\n`;
}

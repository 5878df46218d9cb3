import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { readReportManifest } from '../../core/report/read-report.js';
import { runFiles } from '../../core/run-files.js';
import { NotFound } from '../not-found.js';
import type { RunRecord } from './run-records.js';

export interface DownloadedReport {
  /** Paths, in the order of the manifest's Results. */
  files: { path: string; status: 'succeeded' | 'failed' }[];
  manifest: string;
}

/** A file of the report is not there, or is not the one that the run wrote. */
export class ReportDamaged extends Error {
  override readonly name = 'ReportDamaged';
}

/**
 * Downloads a completion report. Files are numbered as the manifest lists them; none is named by a key. One that is
 * there has the MD5 of the manifest: what does not match is removed. Throws NotFound, ReportDamaged.
 */
export async function downloadReport(record: RunRecord, directory: string): Promise<DownloadedReport> {
  const key = runFiles(record.name).reportManifest;
  const [manifest, original] = [await readReportManifest(record.files, record.name), await record.files.read(key)];
  if (!manifest || !original) throw new NotFound(`Run "${record.name}" has no report.`);

  await mkdir(directory, { recursive: true });
  const files: DownloadedReport['files'] = [];
  for (const { Key, MD5Checksum, TaskExecutionStatus: status } of manifest.Results) {
    const number = String(files.length + 1).padStart(6, '0');
    const path = join(directory, `${number}-${status}.csv.gz`);
    await downloadFile(record, Key, MD5Checksum, path);
    files.push({ path, status });
  }
  const path = join(directory, 'manifest.json');
  await writeFile(path, original.body);
  return { files, manifest: path };
}

async function downloadFile(record: RunRecord, key: string, expected: string, path: string): Promise<void> {
  const stored = key.startsWith(runFiles(record.name).root) ? await record.files.stream(key) : undefined;
  if (!stored) throw new ReportDamaged(`${record.addressOf(key)} is missing: the report's manifest names it.`);
  const unfinished = `${path}.part`;
  const md5 = createHash('md5');
  try {
    await pipeline(
      stored.body,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          md5.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(unfinished),
    );
    const found = md5.digest('hex');
    if (found !== expected)
      throw new ReportDamaged(
        `Expected ${record.addressOf(key)} with MD5 ${expected}, got ${found}. Download it again.`,
      );
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

import * as z from 'zod';
import { run, type Run } from '../../contracts/run.js';
import { plan, summary, tally, type Summary } from '../../contracts/tally.js';
import type { FileStore } from '../ports.js';
import { runFiles } from '../run-files.js';

/** Where a run's files are read from, by their keys in the work bucket. */
export type RunFiles = Pick<FileStore, 'read' | 'stream'>;

const reportManifest = z.object({
  Results: z.array(
    z.object({
      TaskExecutionStatus: z.enum(['succeeded', 'failed']),
      Bucket: z.string(),
      MD5Checksum: z.string(),
      Key: z.string(),
    }),
  ),
});
export type ReportManifest = z.infer<typeof reportManifest>;

/** The run's request.json; undefined where it was refused. */
export function readRun(files: RunFiles, runId: string): Promise<Run | undefined> {
  return read(files, runFiles(runId).request, run);
}

/** The run's summary.json; undefined where it came to none. */
export function readSummary(files: RunFiles, runId: string): Promise<Summary | undefined> {
  return read(files, runFiles(runId).summary, summary);
}

/** The index of the completion report; undefined where the run came to none. */
export function readReportManifest(files: RunFiles, runId: string): Promise<ReportManifest | undefined> {
  return read(files, runFiles(runId).reportManifest, reportManifest);
}

/** How many objects a pass is about, where that is known yet: what the plan expects, later what the pass before still owed. */
export async function objectsOfPass(files: RunFiles, runId: string, pass: number): Promise<number | undefined> {
  const paths = runFiles(runId);
  if (pass === 1) return (await read(files, paths.plan, plan))?.expected;
  return (await read(files, paths.tally(pass - 1), tally))?.totals.owed;
}

async function read<T>(files: RunFiles, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const file = await files.read(key);
  return file && schema.parse(JSON.parse(file.body.toString('utf8')));
}

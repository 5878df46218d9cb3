import type * as z from 'zod';
import { run, type Run } from '../contracts/run.js';
import { BackfillError } from './errors.js';
import type { FileStore, Ports } from './ports.js';

/** Where a run keeps its files in the work bucket. */
export function runFiles(runId: string) {
  const root = `runs/${runId}/`;
  const inPass = (pass: number, name: string) => `${root}pass-${pass}/${name}`;
  return {
    root,
    request: `${root}request.json`,
    files: `${root}files.jsonl`,
    plan: `${root}plan.json`,
    index: (file: number) => `${root}index/${file}.csv.gz`,
    indexChunks: (file: number) => `${root}index/${file}.chunks.jsonl`,
    /** Ranges of interleaved files, the chunks that each is merged from, and those that stay as they are. */
    ranges: `${root}merge/ranges.jsonl`,
    pieces: (range: number) => `${root}merge/${range}.pieces.jsonl`,
    /** The plan while the ranges are still to be merged. */
    planToMerge: `${root}merge/plan.json`,
    kept: `${root}merge/kept.chunks.jsonl`,
    merged: (range: number) => `${root}merged/${range}.csv.gz`,
    mergedChunks: (range: number) => `${root}merged/${range}.chunks.jsonl`,
    chunks: (pass: number) => inPass(pass, 'chunks.jsonl'),
    attemptsOf: (pass: number, chunk: string) => inPass(pass, `attempts/${chunk}/`),
    /** @param md5 of the file's content, hex */
    attempts: (pass: number, chunk: string, from: number, md5: string) =>
      inPass(pass, `attempts/${chunk}/${String(from).padStart(5, '0')}_${md5.slice(0, 8)}.jsonl.gz`),
    /** Records of multipart uploads under way. */
    uploads: `${root}uploads/`,
    owed: (pass: number, chunk: string) => inPass(pass, `owed/${chunk}.csv.gz`),
    /** Report rows of a chunk's owed rows, should this pass be the last. */
    owedReport: (pass: number, chunk: string) => inPass(pass, `owed/${chunk}.report.csv.gz`),
    /** Chunk lines of the chunks that VerifyChunk gave no answer for. */
    unanswered: (pass: number) => inPass(pass, 'unanswered.jsonl'),
    /** Of the job of S3 Batch Replication that a pass is given to: what it was asked to do, and what became of it. */
    jobPlan: (pass: number) => inPass(pass, 'job/plan.json'),
    jobEnd: (pass: number) => inPass(pass, 'job/end.json'),
    /** @param name apart from those of tries beside this one */
    jobManifest: (pass: number, name: string) => inPass(pass, `job/manifest-${name}.csv`),
    /** S3 writes its report there, under `job-<id>/`. Without a closing slash, as S3 wants it. */
    jobReport: (pass: number) => inPass(pass, 'job/report'),
    failedTasks: (pass: number, file: number) => inPass(pass, `job/failed/${file}.jsonl.gz`),
    /** Lines of FailedTasksFile. */
    failedTasksFiles: (pass: number) => inPass(pass, 'job/failed.jsonl'),
    /** Lines of OwedChunk. */
    owedChunks: (pass: number) => inPass(pass, 'owed.jsonl'),
    tally: (pass: number) => inPass(pass, 'tally.json'),
    /** Lines of ReportFile: settled rows, and owed rows should this pass be the last. */
    reportFiles: (pass: number) => inPass(pass, 'report-files.jsonl'),
    /** What shows that copies whose ETag is another one than their source's are their copies. */
    proofs: (chunk: string, pass: number) => `${root}proofs/${chunk}-${pass}.jsonl.gz`,
    /** Lines of ProofsFile. */
    proofsFiles: (pass: number) => inPass(pass, 'proofs.jsonl'),
    owedReportFiles: (pass: number) => inPass(pass, 'owed-report-files.jsonl'),
    report: (chunk: string, pass: number) => `${root}report/${chunk}-${pass}.csv.gz`,
    reportManifest: `${root}report/manifest.json`,
    reportSymlinks: `${root}report/hive/symlink.txt`,
    summary: `${root}summary.json`,
  };
}

/**
 * A file's key with eight digits of its content's MD5 before the ending. What VerifyChunk writes depends on a listing: a
 * Lambda that ends behind the one that was started in its place must not overwrite what the answer that counts describes.
 */
export function keyByContent(key: string, md5: string): string {
  return key.replace(/(?:\.report)?\.(?:csv|jsonl)\.gz$/, (ending) => `_${md5.slice(0, 8)}${ending}`);
}

/** Reads and checks one JSON file of a run. Throws RunFileMissing where it is not there. */
export async function readJson<T>(files: FileStore, key: string, schema: z.ZodType<T>): Promise<T> {
  const file = await files.read(key);
  if (!file)
    throw new BackfillError(
      'RunFileMissing',
      `Expected s3://${files.bucket}/${key}, which an earlier state writes; it is not there. Start a new run.`,
    );
  return schema.parse(JSON.parse(file.body.toString('utf8')));
}

/** Whether a file is there, of whatever size. */
export async function isThere(files: Pick<FileStore, 'stream'>, key: string): Promise<boolean> {
  const file = await files.stream(key);
  file?.body.destroy();
  return file !== undefined;
}

export function writeJson(files: FileStore, key: string, value: unknown): Promise<void> {
  return files.write(key, `${JSON.stringify(value, null, 2)}\n`);
}

export function readRun(ports: Pick<Ports, 'work'>, runId: string): Promise<Run> {
  return readJson(ports.work, runFiles(runId).request, run);
}

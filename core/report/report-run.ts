import { createHash } from 'node:crypto';
import { chunk as chunkSchema, type Chunk } from '../../contracts/chunk.js';
import type { Run } from '../../contracts/run.js';
import {
  plan as planSchema,
  reportFile,
  tally as tallySchema,
  type ReportFile,
  type Summary,
  type Tally,
} from '../../contracts/tally.js';
import { BackfillError } from '../errors.js';
import { abortUploads, inheritUploads, isLooking } from '../copy/upload-records.js';
import { chunkFailure } from '../copy/record-failures.js';
import { packLines, readChunkRows } from '../inventory/row-codec.js';
import { readLines } from '../lines.js';
import type { Ports } from '../ports.js';
import { readJson, readRun, runFiles, writeJson } from '../run-files.js';
import { forgetOlderProofs } from '../verify/proven-by.js';
import { REPORT_SCHEMA, reportRow } from './report-row.js';
import { resolveRedriven } from './resolve-redriven.js';
import { summarize } from './summarize.js';

/** What this state reaches. */
type ReportPorts = Pick<Ports, 'work' | 'pair' | 'failures' | 'clock'>;

export interface ReportRunAnswer {
  succeeded: boolean;
  summary: Summary;
  /** What the failed execution's Cause says; empty where it succeeded. */
  cause: string;
}

/**
 * State ReportRun: indexes the report files of all passes, and of the rows that the last one still owed, in
 * `report/manifest.json`, brings the failure table to its end, aborts uploads that were left under way, and writes
 * `summary.json`. Called again, it writes the same.
 * @param dashboard where people see the pair's numbers
 */
export async function reportRun(
  ports: ReportPorts,
  input: { runId: string; pass: number },
  dashboard?: string,
): Promise<ReportRunAnswer> {
  const run = await readRun(ports, input.runId);
  const paths = runFiles(input.runId);
  const plan = await readJson(ports.work, paths.plan, planSchema);
  const tally = plan.chunks === 0 ? undefined : await readJson(ports.work, paths.tally(input.pass), tallySchema);

  const rows = await writeManifest(ports, run, reportFiles(ports, run, tally ? input.pass : 0));
  if (rows !== plan.expected)
    throw new BackfillError(
      'IdentityBroken',
      `Expected ${plan.expected} rows in the completion report, found ${rows}. This is a defect of s3-backfill: report it with the run's files.`,
    );
  await closeFailures(ports, input, tally?.totals.owed ?? 0);
  await resolveRedriven(ports, run, tally ? input.pass : 0);
  await settleUploads(ports, run, tally);
  const { summary, cause } = summarize({
    run,
    plan,
    tally,
    failureTable: ports.failures.name,
    report: `s3://${ports.work.bucket}/${paths.reportManifest}`,
    dashboard,
  });
  await writeJson(ports.work, paths.summary, summary);
  if (summary.status === 'Verified' && run.scope === 'pair') await forgetOlderProofs(ports, run);
  return { succeeded: summary.status === 'Verified' || summary.status === 'DryRun', summary, cause };
}

/**
 * Uploads under way are aborted, those too that workers of the run before this one have begun after its end. After a run that
 * a fence ended, or that copies nothing, they stay: the next run goes on with them.
 */
async function settleUploads(ports: ReportPorts, run: Run, tally: Tally | undefined): Promise<void> {
  const before = run.replaced === run.id ? undefined : run.replaced;
  if (tally?.fence !== undefined || isLooking(run)) {
    if (before !== undefined) await inheritUploads(ports, before, run);
    return;
  }
  await abortUploads(ports, run.id);
  if (before !== undefined) await abortUploads(ports, before);
}

/** Every report file of the run: settled rows of all passes, and owed rows as the last pass left them. */
async function* reportFiles(ports: ReportPorts, run: Run, passes: number): AsyncGenerator<ReportFile> {
  const paths = runFiles(run.id);
  for (let pass = 1; pass <= passes; pass++) yield* readLines(ports.work, paths.reportFiles(pass), reportFile);
  if (passes === 0) return;
  yield* readLines(ports.work, paths.owedReportFiles(passes), reportFile);
  for await (const chunk of readLines(ports.work, paths.unanswered(passes), chunkSchema))
    yield await reportUnanswered(ports, run, chunk, passes);
}

/** Only VerifyChunk writes report rows; where it failed for a chunk to the last, its rows are written here. */
async function reportUnanswered(ports: ReportPorts, run: Run, chunk: Chunk, pass: number): Promise<ReportFile> {
  const verdict = {
    kind: 'owed',
    cause: 'NotVerified',
    message: 'Checking the chunk of this object failed as a whole.',
  } as const;
  const rows = await readChunkRows(ports.work, chunk);
  const body = await packLines(rows.map((row) => reportRow(run.request.source.bucket, row, verdict)));
  const key = runFiles(run.id).report(chunk.id, pass);
  await ports.work.write(key, body);
  await ports.failures.put([chunkFailure(ports, { runId: run.id, pass, chunk }, verdict)]);
  return { key, md5: createHash('md5').update(body).digest('hex'), status: 'failed', rows: rows.length };
}

/**
 * Streams `report/manifest.json` in the shape of S3 Batch Operations, and beside it the same files as a table of Athena names
 * them: a folder may also hold files that no answer names. Answers the rows that they cover.
 */
async function writeManifest(ports: ReportPorts, run: Run, files: AsyncIterable<ReportFile>): Promise<number> {
  const writer = ports.work.writer(runFiles(run.id).reportManifest);
  const symlinks = ports.work.writer(runFiles(run.id).reportSymlinks);
  const date = new Date(ports.clock.now()).toISOString();
  let rows = 0;
  let links = '';
  let block = `{"Format":"Report_CSV_20180820","ReportCreationDate":"${date}","Results":[`;
  try {
    for await (const { key, md5, status, rows: more } of files) {
      block += `${rows > 0 ? ',' : ''}\n${JSON.stringify({ TaskExecutionStatus: status, Bucket: ports.work.bucket, MD5Checksum: md5, Key: key })}`;
      links += `s3://${ports.work.bucket}/${key}\n`;
      rows += more;
      if (block.length > 1 << 20) {
        await writer.write(Buffer.from(block));
        await symlinks.write(Buffer.from(links));
        [block, links] = ['', ''];
      }
    }
    await writer.write(Buffer.from(`${block}\n],"ReportSchema":"${REPORT_SCHEMA}"}\n`));
    await symlinks.write(Buffer.from(links));
    await symlinks.close();
    await writer.close();
  } finally {
    await writer.abort();
    await symlinks.abort();
  }
  return rows;
}

/** Resolves what later passes made good: every item when nothing is owed, and chunks whose rows went on in later passes. */
async function closeFailures(ports: ReportPorts, input: { runId: string; pass: number }, owed: number): Promise<void> {
  const lastSeen = new Date(ports.clock.now()).toISOString();
  for await (const item of ports.failures.ofRun(input.runId)) {
    const isPassed = owed === 0 || (item.key === undefined && item.pass < input.pass);
    if (item.status === 'open' && isPassed) await ports.failures.put([{ ...item, status: 'resolved', lastSeen }]);
  }
}

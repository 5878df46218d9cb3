import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import type { OwedManifest, Run } from '../../../contracts/run.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { recordChunkFailure } from '../../../core/copy/record-chunk-failure.js';
import { reportRun } from '../../../core/report/report-run.js';
import { runFiles, writeJson } from '../../../core/run-files.js';
import { provenBy, recordProofs } from '../../../core/verify/proven-by.js';
import { tallyPass } from '../../../core/verify/tally-pass.js';
import { verifyChunk } from '../../../core/verify/verify-chunk.js';
import type { Chunk } from '../../../contracts/chunk.js';
import type { Verified } from '../../../contracts/tally.js';
import { writeResults } from '../support/results.js';
import { putSource, rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { WORK, linesOf, useStorage, watchWriters } from '../support/storage.js';

const storage = useStorage();

describe('The completion report', () => {
  it('has each expected row once, over the passes that settled it, in files whose MD5s are told', async () => {
    const run = await begin('passes', 6);
    deny('passes/2', 'passes/4');
    await run.pass(1);
    storage().s3.faults.clear();
    await run.pass(2);
    const { succeeded, summary, cause } = await run.report(2);
    expect({ succeeded, cause }).toEqual({ succeeded: true, cause: '' });
    expect(summary).toMatchObject({ status: 'Verified', passes: 2, verified: { copied: 6 } });
    expect(
      rowsOfReport('passes')
        .map(([, key, , status]) => `${key} ${status}`)
        .sort(),
    ).toEqual([0, 1, 2, 3, 4, 5].map((index) => `passes/${index} succeeded`));
  });

  it('is in the shape of S3 Batch Operations', async () => {
    const run = await begin('shape', 2);
    deny('shape/1');
    await run.pass(1);
    await run.report(1);
    expect(manifestOf('shape')).toEqual({
      Format: 'Report_CSV_20180820',
      ReportCreationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      Results: [
        {
          TaskExecutionStatus: 'succeeded',
          Bucket: WORK,
          MD5Checksum: expect.stringMatching(/^[0-9a-f]{32}$/),
          Key: expect.stringMatching(/^runs\/shape\/report\/0-0-1_[0-9a-f]{8}\.csv\.gz$/),
        },
        {
          TaskExecutionStatus: 'failed',
          Bucket: WORK,
          MD5Checksum: expect.stringMatching(/^[0-9a-f]{32}$/),
          Key: expect.stringMatching(/^runs\/shape\/pass-1\/owed\/0-0_[0-9a-f]{8}\.report\.csv\.gz$/),
        },
      ],
      ReportSchema: 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage',
    });
  });

  it('has what the last pass owed as failed, and the run fails with the numbers', async () => {
    const run = await begin('owed', 4);
    deny('owed/1', 'owed/3');
    await run.pass(1);
    await run.pass(2);
    const { succeeded, summary, cause } = await run.report(2);
    expect(succeeded).toBe(false);
    expect(summary).toMatchObject({ status: 'VerificationIncomplete', failed: 2, verified: { copied: 2 } });
    expect(JSON.parse(cause)).toMatchObject({ causes: [{ cause: 'AccessDenied', rows: 2 }] });
    expect(
      rowsOfReport('owed')
        .map(([, key, , status, code]) => `${key} ${status} ${code}`)
        .sort(),
    ).toEqual(['owed/0 succeeded ', 'owed/1 failed AccessDenied', 'owed/2 succeeded ', 'owed/3 failed AccessDenied']);
    expect(JSON.parse(text('runs/owed/summary.json'))).toEqual(summary);
  });

  it('has the rows of a chunk that could not be verified to the last', async () => {
    const run = await begin('unverified', 3);
    await run.pass(1, { answered: false });
    const { summary } = await run.report(1);
    expect(summary).toMatchObject({ status: 'VerificationIncomplete', failed: 3 });
    expect(rowsOfReport('unverified').map(([, , , status, code]) => `${status} ${code}`)).toEqual(
      Array.from({ length: 3 }, () => 'failed NotVerified'),
    );
    expect(await storage().failures('unverified')).toMatchObject([
      { sk: 'chunk#0-0', cause: 'NotVerified', status: 'open' },
    ]);
  });

  it('is empty, and the run Verified, where nothing was in scope', async () => {
    const run = await begin('nothing', 0);
    const { succeeded, summary } = await run.report(1);
    expect(succeeded).toBe(true);
    expect(summary).toMatchObject({ status: 'Verified', expected: 0, passes: 0 });
    expect(manifestOf('nothing').Results).toEqual([]);
  });

  it('succeeds after a dry run, with what would be copied', async () => {
    const run = await begin('dry', 3, { dryRun: true });
    await run.pass(1, { copied: false });
    const { succeeded, summary } = await run.report(1);
    expect(succeeded).toBe(true);
    expect(summary).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 3, bytes: 15 } });
  });

  it('is the same when it is made again', async () => {
    const run = await begin('again', 3);
    deny('again/1');
    await run.pass(1);
    const first = await run.report(1);
    const failures = await storage().failures('again');
    expect(await run.report(1)).toEqual(first);
    expect(await storage().failures('again')).toEqual(failures);
  });

  it('that lacks a row ends the run as IdentityBroken', async () => {
    const run = await begin('broken', 3);
    await run.pass(1);
    const lines = await linesOf<{ rows: number }>(storage(), runFiles('broken').reportFiles(1));
    const fewer = lines.map((line) => `${JSON.stringify({ ...line, rows: line.rows - 1 })}\n`);
    await storage().ports.work.write(runFiles('broken').reportFiles(1), fewer.join(''));
    const reporting = run.report(1);
    await expect(reporting).rejects.toMatchObject({ name: 'IdentityBroken' });
    await expect(reporting).rejects.toThrow('Expected 3 rows in the completion report, found 2');
  });
});

describe('The proofs of earlier runs', () => {
  it.each<[string, { scope: Run['scope']; isVerified: boolean }, string[]]>([
    ['are forgotten once all of the pair is verified', { scope: 'pair', isVerified: true }, []],
    ['stay after a part of it', { scope: 'part', isVerified: true }, ['earlier']],
    ['stay while rows are owed', { scope: 'pair', isVerified: false }, ['earlier']],
  ])('%s', async (_, { scope, isVerified }, left) => {
    const runId = `forgets-${scope}-${isVerified}`;
    const run = await begin(runId, 2, {}, { pair: runId, scope });
    await recordProofs(storage().ports, runOf('earlier', {}, { pair: runId }), 1);
    if (!isVerified) deny(`${runId}/1`);
    await run.pass(1);
    storage().s3.faults.clear();
    await run.report(1);
    expect((await provenBy(storage().ports, runId)).map((each) => each.runId)).toEqual(left);
  });
});

describe('A report that cannot be finished', () => {
  it('is not there, nor any of it', async () => {
    const run = await begin('unfinished', 3);
    await run.pass(1);
    await storage().ports.work.write(runFiles('unfinished').reportFiles(1), '{"key":"no report file"}\n');
    const { ports, open } = watchWriters(storage().ports);
    await expect(reportRun(ports, { runId: 'unfinished', pass: 1 })).rejects.toThrow(/md5/);
    expect([...open]).toEqual([]);
    expect(storage().s3.getObject(WORK, runFiles('unfinished').reportManifest)).toBeUndefined();
  });
});

describe('The failure table', () => {
  it('holds no open failure of a run whose redrive settled all and was stopped before it could say so', async () => {
    const { work } = storage().ports;
    const first = await begin('owing', 2);
    deny('owing/1');
    await first.pass(1);
    await first.report(1);
    storage().s3.faults.clear();
    const stopped = await begin('stopped', 0, {}, { manifest: owedBy('owing') });
    const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
    const plan = { manifestRows: 1, outOfScope, expected: 1, bytes: 0, chunks: 1 };
    await writeJson(work, runFiles('stopped').plan, plan);
    await work.write(runFiles('stopped').chunks(1), text(runFiles('owing').chunks(2)));
    expect(await stopped.pass(1)).toMatchObject({ decision: 'done' });
    const last = await begin('nothing-left', 0, {}, { manifest: owedBy('stopped', 'owing') });
    await last.report(1);
    expect(await storage().failures('owing')).toMatchObject([{ status: 'resolved', resolvedBy: 'nothing-left' }]);
  });

  it('holds no open failure when nothing is owed any more', async () => {
    const run = await begin('mended', 3);
    deny('mended/1');
    await run.pass(1);
    await recordChunkFailure(storage().ports, {
      runId: 'mended',
      pass: 1,
      chunk: run.chunk(),
      error: { Error: 'Sandbox.Timedout' },
    });
    storage().s3.faults.clear();
    await run.pass(2);
    await run.report(2);
    expect((await storage().failures('mended')).map(({ sk, status }) => [sk.slice(0, 6), status])).toEqual(
      expect.arrayContaining([['chunk#', 'resolved']]),
    );
    expect((await storage().failures('mended')).filter(({ status }) => status === 'open')).toEqual([]);
  });

  it('holds no open chunk either where the last pass brought all of it over after all', async () => {
    const run = await begin('revived', 3);
    await run.pass(1);
    await recordChunkFailure(storage().ports, {
      runId: 'revived',
      pass: 1,
      chunk: run.chunk(),
      error: { Error: 'Sandbox.Timedout' },
    });
    await run.report(1);
    expect(await storage().failures('revived')).toMatchObject([{ sk: 'chunk#0-0', status: 'resolved' }]);
  });

  it('keeps open what is still owed, and resolves a chunk whose rows went on in a later pass', async () => {
    const run = await begin('mixed', 3);
    deny('mixed/1');
    await run.pass(1);
    await recordChunkFailure(storage().ports, {
      runId: 'mixed',
      pass: 1,
      chunk: run.chunk(),
      error: { Error: 'Sandbox.Timedout' },
    });
    await run.pass(2);
    await run.report(2);
    expect((await storage().failures('mixed')).map(({ key, status }) => `${key ?? 'chunk'} ${status}`).sort()).toEqual([
      'chunk resolved',
      'mixed/1 open',
    ]);
  });
});

/** A run of one chunk, whose passes are run as the state machine runs them. */
async function begin(runId: string, count: number, request: Partial<RunRequestInput> = {}, of: Partial<Run> = {}) {
  const { ports } = storage();
  const paths = runFiles(runId);
  await writeRun(storage(), runOf(runId, request, of));
  const rows = Array.from({ length: count }, (_, index): Row => {
    const key = `${runId}/${index}`;
    return putSource(storage(), key, 'hello', { lastModified: rowOf(key).lastModified });
  });
  const first = count > 0 ? await writeChunk(storage(), runId, rows) : undefined;
  await ports.work.write(paths.chunks(1), first ? `${JSON.stringify(first)}\n` : '');
  const outOfScope = { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 };
  const plan = { manifestRows: count, outOfScope, expected: count, bytes: 0, chunks: first ? 1 : 0 };
  await writeJson(ports.work, paths.plan, plan);
  return {
    chunk: (): Chunk => {
      if (!first) throw new Error('the run has no chunk');
      return first;
    },
    pass: async (pass: number, { copied = true, answered = true } = {}) => {
      const answers: Verified[] = [];
      for (const chunk of await linesOf<Chunk>(storage(), paths.chunks(pass))) {
        if (copied) await copyChunk(ports, { runId, pass, chunk }, () => 600_000);
        if (answered) answers.push(await verifyChunk(ports, { runId, pass, chunk }));
      }
      const verified = await writeResults(storage(), `${paths.root}pass-${pass}/verify`, answers);
      return tallyPass(ports, { runId, pass, verified }, 100);
    },
    report: (pass: number) => reportRun(ports, { runId, pass }),
  };
}

/** What the first of these runs, each of one pass, owed, which was of what the next one did. */
function owedBy(...runIds: string[]): OwedManifest {
  const runs = runIds.map((runId) => ({ runId, pass: 2 }));
  return { kind: 'owed', bucket: WORK, key: '', runs, createdAt: 0, columns: [] };
}

function deny(...keys: string[]) {
  storage().s3.faults.add({
    operation: 'CopyObject',
    key: (key) => keys.includes(key),
    effect: { error: 'AccessDenied' },
  });
}

interface ReportManifest {
  Results: { Key: string; MD5Checksum: string }[];
}

function manifestOf(runId: string): ReportManifest {
  return JSON.parse(text(`runs/${runId}/report/manifest.json`)) as ReportManifest;
}

/** Every row of every file that the report's manifest names, its MD5 checked. */
function rowsOfReport(runId: string): string[][] {
  return manifestOf(runId).Results.flatMap(({ Key, MD5Checksum }) => {
    const body = bytes(Key);
    expect(createHash('md5').update(body).digest('hex')).toBe(MD5Checksum);
    return parse(gunzipSync(body));
  });
}

function text(key: string): string {
  return bytes(key).toString();
}

function bytes(key: string): Buffer {
  const file = storage().s3.getObject(WORK, key);
  if (!file) throw new Error(`There is no ${key}.`);
  return file.body;
}

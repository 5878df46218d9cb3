import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../../contracts/attempt.js';
import { verified as verifiedSchema } from '../../../contracts/tally.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Row } from '../../../contracts/row.js';
import { writeAttempts } from '../../../core/copy/attempts.js';
import { copyChunk } from '../../../core/copy/copy-chunk.js';
import { readChunkRows } from '../../../core/inventory/row-codec.js';
import { verifyChunk } from '../../../core/verify/verify-chunk.js';
import { putSource, rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { DESTINATION, WORK, useStorage } from '../support/storage.js';

const storage = useStorage();
const sent = (row: number): Attempt => ({ kind: 'sent', row, etag: 'answered', size: 5 });
const denied = (row: number): Attempt => ({
  kind: 'failed',
  row,
  cause: 'AccessDenied',
  message: 'Access Denied',
  status: 403,
});

describe('A chunk that was copied', () => {
  it('and verified by two Lambdas that saw different things: each answer has its own files', async () => {
    const chunk = await prepare('twice-seen', 5);
    await chunk.copy();
    const counted = await chunk.verify();
    storage().s3.deleteObject(DESTINATION, 'twice-seen/02');
    const late = await chunk.verify();
    expect(late.counts).toMatchObject({ copied: 4, owed: 1 });
    const [file] = counted.report;
    const body = storage().s3.getObject(WORK, file?.key ?? '')?.body ?? Buffer.alloc(0);
    expect(createHash('md5').update(body).digest('hex')).toBe(file?.md5);
  });

  it('is verified by one LIST, and all its rows are in the report', async () => {
    const chunk = await prepare('copied', 5);
    await chunk.copy();
    const lists = asked();
    const answer = await chunk.verify();
    expect(lists()).toBe(1);
    expect(verifiedSchema.parse(answer)).toMatchObject({
      chunk: '0-0',
      counts: { copied: 5, identical: 0, owed: 0, bytesCopied: 5 * 9, evidence: { copied: 5 } },
      owed: [],
      report: [
        {
          key: expect.stringMatching(/^runs\/copied\/report\/0-0-1_[0-9a-f]{8}\.csv\.gz$/),
          status: 'succeeded',
          rows: 5,
        },
      ],
      owedReport: [],
    });
    expect(report('runs/copied/report/0-0-1.csv.gz').map(([bucket, key, , status]) => [bucket, key, status])).toEqual(
      chunk.rows.map(({ key }) => ['photos', key, 'succeeded']),
    );
  });

  it('is listed again only where something was sent: nowhere, where all was there', async () => {
    const chunk = await prepare('there', 5);
    for (const { key } of chunk.rows) storage().s3.putObject(DESTINATION, key, Buffer.from(key));
    await chunk.copy();
    const lists = asked();
    expect(await chunk.verify()).toMatchObject({ counts: { identical: 5, evidence: { etag: 5 }, copied: 0, owed: 0 } });
    expect(lists()).toBe(0);
  });

  it('is not believed where an object is gone from the destination since, or is another one', async () => {
    const chunk = await prepare('changed', 5);
    await chunk.copy();
    storage().s3.deleteObject(DESTINATION, 'changed/01');
    storage().s3.putObject(DESTINATION, 'changed/03', Buffer.from('other'));
    const answer = await chunk.verify();
    expect(answer).toMatchObject({
      counts: { copied: 3, owed: 2, causes: { MissingAfterCopy: 1, ChangedAfterCopy: 1 } },
    });
    expect((await storage().failures('changed')).map(({ key, cause }) => `${key} ${cause}`).sort()).toEqual([
      'changed/01 MissingAfterCopy',
      'changed/03 ChangedAfterCopy',
    ]);
    expect(await chunk.owedKeys(answer)).toEqual(['changed/01', 'changed/03']);
  });

  it('owes what failed, with its cause, in a piece for the next pass', async () => {
    const chunk = await prepare('owed', 5);
    for (const { key } of chunk.rows) storage().s3.putObject(DESTINATION, key, Buffer.from('hello'));
    await chunk.attempt(0, 5, [denied(1), { kind: 'gone', row: 2 }, { kind: 'archived', row: 3 }, denied(4)]);
    const answer = await chunk.verify();
    expect(answer).toMatchObject({
      counts: { identical: 1, gone: 1, archived: 1, owed: 2, causes: { AccessDenied: 2 } },
      owed: [{ rows: 2, bytes: 14, first: 'owed/01', last: 'owed/04' }],
      report: [{ rows: 3, status: 'succeeded' }],
      owedReport: [
        {
          key: expect.stringMatching(/^runs\/owed\/pass-1\/owed\/0-0_[0-9a-f]{8}\.report\.csv\.gz$/),
          rows: 2,
          status: 'failed',
        },
      ],
    });
    expect(await chunk.owedKeys(answer)).toEqual(['owed/01', 'owed/04']);
    expect(report('runs/owed/pass-1/owed/0-0.report.csv.gz')[0]).toEqual([
      'photos',
      'owed/01',
      '',
      'failed',
      'AccessDenied',
      '403',
      '{"outcome":"failed","message":"Access Denied"}',
    ]);
  });

  it('is counted the same, and leaves the same bytes, when it is verified again', async () => {
    const chunk = await prepare('twice', 5);
    await chunk.attempt(0, 5, [denied(1)]);
    const files = () => Array.from(storage().s3.listObjects(WORK, 'runs/twice/'), ({ key, etag }) => `${key} ${etag}`);
    const [first, left] = [await chunk.verify(), files()];
    expect(await chunk.verify()).toEqual(first);
    expect(files()).toEqual(left);
    expect(await storage().failures('twice')).toMatchObject([{ attempts: 1 }]);
  });
});

describe('A chunk whose worker failed', () => {
  it('owes all its rows, in ten pieces, so that one bad row holds fewer others back', async () => {
    const chunk = await prepare('failed', 25);
    const answer = await chunk.verify();
    expect(answer).toMatchObject({ counts: { owed: 25, causes: { NotAttempted: 25 } }, report: [] });
    expect(answer.owed.map(({ rows }) => rows)).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 1]);
    expect(await chunk.owedKeys(answer)).toEqual(chunk.rows.map(({ key }) => key));
    expect(await storage().failures('failed')).toHaveLength(25);
  });

  it('keeps what it had brought over and on file', async () => {
    const chunk = await prepare('half', 20);
    for (const { key } of chunk.rows.slice(0, 5)) storage().s3.putObject(DESTINATION, key, Buffer.from(key));
    const answers = chunk.rows
      .slice(0, 5)
      .map(({ etag, size = 0 }, row): Attempt => ({ kind: 'sent', row, etag, size }));
    await chunk.attempt(0, 8, answers);
    expect(await chunk.verify()).toMatchObject({ counts: { copied: 5, identical: 3, owed: 12 } });
  });

  it('and that was killed before it could tell the failure table, has its failures there all the same', async () => {
    const chunk = await prepare('untold', 5);
    await chunk.attempt(0, 5, [denied(2)]);
    await chunk.verify();
    expect(await storage().failures('untold')).toMatchObject([
      { key: 'untold/02', cause: 'AccessDenied', status: 'open' },
    ]);
  });

  it('and another that brought a row over after all: the table has it resolved', async () => {
    const chunk = await prepare('both', 5);
    storage().s3.faults.add({ operation: 'CopyObject', key: 'both/02', effect: { error: 'AccessDenied' } });
    await chunk.copy();
    storage().s3.faults.clear();
    storage().s3.putObject(DESTINATION, 'both/02', Buffer.from('both/02'));
    const { etag = '', size = 0 } = chunk.rows[2] ?? {};
    await chunk.attempt(1, 5, [{ kind: 'sent', row: 2, etag, size }]);
    expect(await chunk.verify()).toMatchObject({ counts: { owed: 0, copied: 5 } });
    expect(await storage().failures('both')).toMatchObject([{ key: 'both/02', status: 'resolved' }]);
  });

  it('because the run was stopped, says so of each row', async () => {
    const chunk = await prepare('stopped', 3);
    await storage().ports.failures.stop('stopped', 'AccessDenied');
    await chunk.verify();
    const rows = report('runs/stopped/pass-1/owed/0-0.report.csv.gz');
    expect(rows.map((fields) => fields[6])).toEqual(
      Array.from({ length: 3 }, () => expect.stringContaining('stopped early because of AccessDenied')),
    );
  });
});

describe('A dry run', () => {
  it('tells what would be copied, and asks for nothing but lists', async () => {
    const chunk = await prepare('dry', 5, { dryRun: true });
    storage().s3.putObject(DESTINATION, 'dry/01', Buffer.from('dry/01'));
    storage().s3.putObject(DESTINATION, 'dry/02', Buffer.from('another size'));
    const before = storage().s3.requests.count({ bucket: DESTINATION });
    expect(await chunk.verify()).toMatchObject({
      counts: { identical: 1, wouldCopy: 4, wouldCopyBytes: 4 * 6, owed: 0 },
      owed: [],
      report: [{ rows: 5 }],
    });
    expect(storage().s3.requests.count({ bucket: DESTINATION }) - before).toBe(1);
    expect(report('runs/dry/report/0-0-1.csv.gz').map((fields) => fields[6])).toContain('{"outcome":"wouldCopy"}');
  });
});

describe('A destination that cannot be listed', () => {
  it('is waited for', async () => {
    const chunk = await prepare('slow', 3);
    await chunk.copy();
    const slow = storage().s3.faults.add({
      operation: 'ListObjectsV2',
      bucket: DESTINATION,
      times: 2,
      effect: { error: 'SlowDown' },
    });
    expect(await chunk.verify()).toMatchObject({ counts: { copied: 3 } });
    expect(slow.hits).toBe(2);
  });

  it('fails the chunk where it may not be: nothing is settled by hope', async () => {
    const chunk = await prepare('unlisted', 3);
    await chunk.attempt(0, 3, [sent(0), sent(1), sent(2)]);
    storage().s3.faults.add({ operation: 'ListObjectsV2', bucket: DESTINATION, effect: { error: 'AccessDenied' } });
    await expect(chunk.verify()).rejects.toMatchObject({ name: 'AccessDenied' });
  });
});

async function prepare(runId: string, count: number, request: Partial<RunRequestInput> = {}) {
  const { ports } = storage();
  await writeRun(storage(), runOf(runId, request));
  const rows = Array.from({ length: count }, (_, index): Row => {
    const key = `${runId}/${String(index).padStart(2, '0')}`;
    return putSource(storage(), key, key, { lastModified: rowOf(key).lastModified });
  });
  const chunk = await writeChunk(storage(), runId, rows);
  const input = { runId, pass: 1, chunk };
  return {
    rows,
    copy: () => copyChunk(ports, input, () => 600_000),
    attempt: (from: number, to: number, attempts: Attempt[]) =>
      writeAttempts(ports.work, { runId, pass: 1, chunk: chunk.id }, { from, to }, attempts),
    verify: () => verifyChunk(ports, input),
    /** Keys of the owed rows, as the next pass will read them. */
    owedKeys: async ({ owed }: Awaited<ReturnType<typeof verifyChunk>>) => {
      const segments = owed.map(({ segment }) => segment);
      const read = await readChunkRows(ports.work, {
        ...chunk,
        rows: owed.reduce((sum, { rows }) => sum + rows, 0),
        segments,
      });
      return read.map(({ key }) => key);
    },
  };
}

/** Rows of the report file of that name, whatever its content adds to the name. */
function report(name: string): string[][] {
  const stored = [...storage().s3.listObjects(WORK, name.replace(/(?:\.report)?\.csv\.gz$/, '_'))];
  const { key = name } = stored.find((each) => each.key.replace(/_[0-9a-f]{8}(?=\.)/, '') === name) ?? {};
  const file = storage().s3.getObject(WORK, key);
  if (!file) throw new Error(`There is no ${key}.`);
  return parse(gunzipSync(file.body));
}

/** Counts lists of the destination from now on. */
function asked(): () => number {
  const count = () => storage().s3.requests.count({ operation: 'ListObjectsV2', bucket: DESTINATION });
  const before = count();
  return () => count() - before;
}

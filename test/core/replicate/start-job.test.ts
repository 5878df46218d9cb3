import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../../contracts/attempt.js';
import type { Run } from '../../../contracts/run.js';
import { BackfillError } from '../../../core/errors.js';
import type { Ports, ReplicationJobs } from '../../../core/ports.js';
import { writeAttempts } from '../../../core/copy/attempts.js';
import { startJob } from '../../../core/replicate/start-job.js';
import { writeLines } from '../../../core/lines.js';
import { runFiles } from '../../../core/run-files.js';
import { rowOf, runOf, writeChunk, writeRun } from '../support/rows.js';
import { WORK, useStorage } from '../support/storage.js';

const storage = useStorage();
const REPLICATED = { engine: 'batch-replication' } as const;

describe('The job of a pass', () => {
  it('is of every row that was queued, by its version, and of no other', async () => {
    const run = await runWith('queued', {
      '0-0': ['a.jpg', 'b, "c".jpg'],
      '0-1': ['ü+ .jpg'],
      '0-2': ['settled.jpg'],
    });
    const { jobs, asked } = recorded();
    const answer = await startJob({ ...storage().ports, jobs }, { runId: run.id, pass: 1 });
    expect(answer).toEqual({ id: 'job-1', tasks: 3, bytes: 15, waitSeconds: 15 });
    const [job] = asked;
    expect(job).toMatchObject({
      account: '000000000000',
      report: { bucketArn: `arn:aws:s3:::${WORK}`, prefix: 'runs/queued/pass-1/job/report' },
      description: 's3-backfill demo: run queued, pass 1',
    });
    const key = job?.manifest.arn.replace(`arn:aws:s3:::${WORK}/`, '') ?? '';
    const manifest = storage().s3.getObject(WORK, key);
    expect(manifest?.body.toString().split('\n').toSorted()).toEqual([
      '',
      'photos,%C3%BC%2B%20.jpg,version-of-0',
      'photos,a.jpg,version-of-0',
      'photos,b%2C%20%22c%22.jpg,null',
    ]);
    expect(job?.manifest.etag).toBe(manifest?.etag);
  });

  it('is the same job where the state is tried again, whatever came of the attempts since', async () => {
    const run = await runWith('again', { '0-0': ['a.jpg'] });
    const { jobs, asked } = recorded();
    const ports = { ...storage().ports, jobs };
    const once = await startJob(ports, { runId: run.id, pass: 1 });
    await queue(run, '0-0', ['a.jpg', 'b.jpg'], 2);
    expect(await startJob(ports, { runId: run.id, pass: 1 })).toEqual(once);
    expect(asked[1]).toEqual(asked[0]);
  });

  it('is another one in the next pass', async () => {
    const run = await runWith('passes', { '0-0': ['a.jpg'] });
    const { jobs, asked } = recorded();
    const ports = { ...storage().ports, jobs };
    await startJob(ports, { runId: run.id, pass: 1 });
    const chunk = await writeChunk(storage(), run.id, [rowOf('a.jpg')], 'p2-0');
    await writeLines(ports.work, runFiles(run.id).chunks(2), [chunk]);
    await queue(run, 'p2-0', ['a.jpg'], 1, 2);
    await startJob(ports, { runId: run.id, pass: 2 });
    expect(asked.map(({ token }) => token)).toEqual([...new Set(asked.map(({ token }) => token))]);
  });

  it('is none where nothing was queued', async () => {
    const run = await runWith('nothing', { '0-2': ['settled.jpg'] });
    const { jobs, asked } = recorded();
    expect(await startJob({ ...storage().ports, jobs }, { runId: run.id, pass: 1 })).toMatchObject({
      id: null,
      tasks: 0,
    });
    expect(asked).toEqual([]);
    expect([...storage().s3.listObjects(WORK, 'runs/nothing/')].map(({ key }) => key)).toContain(
      'runs/nothing/pass-1/job/plan.json',
    );
  });

  it('is none where the run was stopped early', async () => {
    const run = await runWith('stopped', { '0-0': ['a.jpg'] });
    await storage().ports.failures.stop(run.id, 'AccessDenied');
    const { jobs, asked } = recorded();
    expect(await startJob({ ...storage().ports, jobs }, { runId: run.id, pass: 1 })).toMatchObject({ id: null });
    expect(asked).toEqual([]);
  });

  it('is of what was queued before maxObjects was reached', async () => {
    const run = await runWith('bounded', { '0-0': ['a.jpg'] });
    await storage().ports.failures.stop(run.id, 'maxObjects');
    const { jobs } = recorded();
    expect(await startJob({ ...storage().ports, jobs }, { runId: run.id, pass: 1 })).toMatchObject({ tasks: 1 });
  });

  it('is not begun at the time at which the run stops, and goes on where it was begun before', async () => {
    const { jobs, asked } = recorded();
    const { ports } = storage();
    const run = await runWith('late', { '0-0': ['a.jpg'] }, { stopAt: 1_000 });
    const at = (time: number) => ({ ...ports, jobs, clock: { ...ports.clock, now: () => time } });
    const input = { runId: run.id, pass: 1 };
    const begun = await startJob(at(999), input);
    expect(await startJob(at(1_000), input)).toEqual(begun);
    const later = await runWith('later', { '0-0': ['a.jpg'] }, { stopAt: 1_000 });
    expect(await startJob(at(1_000), { runId: later.id, pass: 1 })).toMatchObject({ id: null });
    expect(await ports.failures.stopCause(later.id)).toBe('stopAfter');
    expect(asked.map(({ description }) => description).toString()).not.toContain('later');
  });

  it('takes the place of the one that a run of the pair left behind, which is cancelled', async () => {
    const { jobs, cancelled } = recorded();
    const ports = { ...storage().ports, jobs };
    const own = { pair: 'left-behind' };
    for (const id of ['first', 'second']) {
      const run = await runWith(id, { '0-0': ['a.jpg'] }, own);
      await startJob(ports, { runId: run.id, pass: 1 });
      await startJob(ports, { runId: run.id, pass: 1 });
    }
    expect(cancelled).toEqual(['job-1']);
  });

  it('that S3 refuses ends the run by name', async () => {
    const run = await runWith('refused', { '0-0': ['a.jpg'] });
    const create = () => Promise.reject(new BackfillError('JobRefused', 'no'));
    const jobs = { ...recorded().jobs, create };
    await expect(startJob({ ...storage().ports, jobs }, { runId: run.id, pass: 1 })).rejects.toMatchObject({
      name: 'JobRefused',
    });
  });
});

type Created = Parameters<ReplicationJobs['create']>[0];

/** S3 Batch Operations, as far as it answers: one job for each token. */
function recorded(): { jobs: Ports['jobs']; asked: Created[]; cancelled: string[] } {
  const asked: Created[] = [];
  const cancelled: string[] = [];
  const ids = new Map<string, string>();
  const jobs: Ports['jobs'] = {
    create: (job) => {
      asked.push(job);
      const id = ids.get(job.token) ?? `job-${ids.size + 1}`;
      ids.set(job.token, id);
      return Promise.resolve(id);
    },
    describe: () => Promise.resolve(undefined),
    cancel: (_, id) => Promise.resolve(void cancelled.push(id)),
  };
  return { jobs, asked, cancelled };
}

/** A run with chunks of these keys; CopyChunk has queued all but the settled ones. */
async function runWith(id: string, chunks: Record<string, string[]>, more: Partial<Run> = {}): Promise<Run> {
  const run = await writeRun(storage(), runOf(id, REPLICATED, more));
  const lines = [];
  for (const [chunk, keys] of Object.entries(chunks)) {
    lines.push(
      await writeChunk(
        storage(),
        id,
        keys.map((key) => rowOf(key)),
        chunk,
      ),
    );
    await queue(
      run,
      chunk,
      keys.filter((key) => !key.startsWith('settled')),
      keys.length,
    );
  }
  await writeLines(storage().ports.work, runFiles(id).chunks(1), lines);
  return run;
}

function queue({ id }: Run, chunk: string, keys: string[], to: number, pass = 1): Promise<void> {
  const attempts = keys.map((_, row): Attempt => ({
    kind: 'queued',
    row,
    versionId: row === 0 ? `version-of-${row}` : 'null',
    etag: '5d41402abc4b2a76b9719d911017c592',
    size: 5,
    lastModified: 0,
    etagKind: 'digest',
    checksums: [],
  }));
  return writeAttempts(storage().ports.work, { runId: id, pass, chunk }, { from: 0, to }, attempts);
}

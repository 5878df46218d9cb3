import { describe, expect, it } from '@jest/globals';
import { jobEnd } from '../../../contracts/replication-job.js';
import type { JobState, Ports } from '../../../core/ports.js';
import { checkJob } from '../../../core/replicate/check-job.js';
import { readJson, runFiles, writeJson } from '../../../core/run-files.js';
import { runOf, writeRun } from '../support/rows.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const ACTIVE: JobState = { status: 'Active', tasks: 10, succeeded: 4, failed: 1, reasons: [] };

describe('A job', () => {
  it.each([
    ['just begun, in a quarter of a minute', SECOND, 15],
    ['an hour old, in six minutes', HOUR, 360],
    ['days old, in half an hour', 100 * HOUR, 1_800],
  ])('that is %s is looked at again', async (_, age, waitSeconds) => {
    expect(await check(ACTIVE, age)).toEqual({
      id: 'job-1',
      ended: false,
      status: 'Active',
      tasks: 10,
      succeeded: 4,
      failed: 1,
      waitSeconds,
    });
  });

  it.each(['Preparing', 'Paused', 'Completing', 'Failing', 'Cancelling', 'Suspended'])(
    'that is %s has not ended',
    async (status) => expect(await check({ ...ACTIVE, status }, HOUR)).toMatchObject({ ended: false }),
  );

  it.each(['Complete', 'Failed', 'Cancelled'])('that is %s has, and its end is on file', async (status) => {
    const reasons = [{ code: 'ManifestNotFound', message: 'gone' }];
    expect(await check({ ...ACTIVE, status, reasons }, HOUR)).toMatchObject({ ended: true, status, waitSeconds: 0 });
    expect(await readJson(storage().ports.work, runFiles('checked').jobEnd(1), jobEnd)).toEqual({
      id: 'job-1',
      status,
      tasks: 10,
      succeeded: 4,
      failed: 1,
      reasons,
    });
  });

  it('that S3 does not know yet is new; one that it does not know any more has failed', async () => {
    expect(await check(undefined, 10 * SECOND)).toMatchObject({ ended: false, status: 'New', tasks: 7 });
    expect(await check(undefined, HOUR)).toMatchObject({ ended: true, status: 'Failed' });
    expect(await readJson(storage().ports.work, runFiles('checked').jobEnd(1), jobEnd)).toMatchObject({
      reasons: [{ code: 'NoSuchJob' }],
    });
  });
});

async function check(job: JobState | undefined, age: number) {
  const { ports } = storage();
  await writeRun(storage(), runOf('checked', { engine: 'batch-replication' }));
  await writeJson(ports.work, runFiles('checked').jobPlan(1), {
    manifest: 'm',
    etag: 'e',
    tasks: 7,
    bytes: 0,
    plannedAt: 1_000_000,
  });
  const jobs: Ports['jobs'] = {
    create: () => Promise.reject(new Error('There is one already.')),
    describe: (account, id) => Promise.resolve(account === '000000000000' && id === 'job-1' ? job : undefined),
    cancel: () => Promise.resolve(),
  };
  const clock = { ...ports.clock, now: () => 1_000_000 + age };
  return checkJob({ ...ports, jobs, clock }, { runId: 'checked', pass: 1, id: 'job-1' });
}

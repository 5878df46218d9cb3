import { describe, expect, it } from '@jest/globals';
import { FailedTasks } from '../../../core/replicate/failed-tasks.js';
import { readJobReport } from '../../../core/replicate/read-job-report.js';
import { writeEnd, writeReport, type ReportTask } from '../support/job-report.js';
import { useStorage } from '../support/storage.js';

const storage = useStorage();
const EVERY_KEY = { first: '', last: '\u{10FFFF}' };

describe('A failed task', () => {
  it.each<[string, Omit<ReportTask, 'key' | 'versionId'>, object]>([
    [
      'goes by its error code, with the status',
      { code: 'DstPutObjectNotPermitted', status: '403', message: 'No, "never".' },
      { cause: 'DstPutObjectNotPermitted', message: 'No, "never".', status: 403 },
    ],
    [
      "may have both the other way round, as in S3's own examples",
      { code: '403', status: 'AccessDenied', message: 'Access Denied' },
      { cause: 'AccessDenied', message: 'Access Denied', status: 403 },
    ],
    [
      'goes by the reason in the message, where the code says only that it failed',
      { code: 'PermanentFailure', status: '200', message: 'SrcObjectNotEligible' },
      { cause: 'SrcObjectNotEligible', message: 'SrcObjectNotEligible' },
    ],
    [
      'has a cause also where S3 says none',
      { code: '', status: '', message: '' },
      { cause: 'ReplicationFailed', message: 'S3 says  and no more.' },
    ],
    [
      'is looked at again in another pass, where its source was replaced or deleted meanwhile',
      { code: 'SrcObjectNotFound', status: '404', message: 'gone' },
      {
        cause: 'KeepsChanging',
        message: 'SrcObjectNotFound: the source object was replaced or deleted before the job came to it.',
        status: 404,
      },
    ],
    [
      'names no property of all objects',
      { code: 'constructor', status: '500', message: 'odd' },
      { cause: 'odd', message: 'odd', status: 500 },
    ],
  ])('%s', async (title, said, expected) => {
    const at = { runId: title.replaceAll(/\W/g, '-'), pass: 2 };
    const { work } = storage().ports;
    const tasks = [{ key: 'a, "b".jpg', versionId: 'v1', ...said }];
    await writeEnd(work, at, { tasks: 1, failed: 1 });
    await writeReport(work, at, [{ status: 'failed', tasks }]);
    expect(await readJobReport(storage().ports, { ...at, id: 'job-1' })).toMatchObject({ failed: 1, stop: null });
    expect(await new FailedTasks(work, at, EVERY_KEY).find('a, "b".jpg', 'v1')).toEqual({
      key: 'a, "b".jpg',
      versionId: 'v1',
      ...expected,
    });
  });

  it('that is one of nearly all of a thousand stops the run, by its cause', async () => {
    const at = { runId: 'hopeless', pass: 1 };
    const { work, failures } = storage().ports;
    const tasks = Array.from({ length: 1_000 }, (_, index) => ({
      key: `${index}.jpg`,
      versionId: 'v1',
      code: 'AssumeRoleNotPermitted',
      status: '403',
    }));
    await writeEnd(work, at, { tasks: 1_010, succeeded: 10, failed: 1_000 });
    await writeReport(work, at, [{ status: 'failed', tasks }]);
    expect(await readJobReport(storage().ports, { ...at, id: 'job-1' })).toEqual({
      failed: 1_000,
      causes: { AssumeRoleNotPermitted: 1_000 },
      stop: 'AssumeRoleNotPermitted',
    });
    expect(await failures.stopCause('hopeless')).toBe('AssumeRoleNotPermitted');
  });
});

describe('A report', () => {
  it('that S3 did not write, as of a job that failed before its first task, names no failed task', async () => {
    const at = { runId: 'no-report', pass: 1 };
    await writeEnd(storage().ports.work, at, { status: 'Failed' });
    expect(await readJobReport(storage().ports, { ...at, id: 'job-1' })).toEqual({ failed: 0, causes: {}, stop: null });
    expect(await new FailedTasks(storage().ports.work, at, EVERY_KEY).find('a', 'v1')).toBeUndefined();
  });

  it.each<[string, (at: { runId: string; pass: number }) => Promise<void>, RegExp]>([
    [
      'of which a file is not what its manifest says',
      (at) =>
        writeReport(storage().ports.work, at, [
          { status: 'failed', tasks: [{ key: 'a', versionId: 'v', code: 'X' }], md5: '0'.repeat(32) },
        ]),
      /expected the MD5 0{32}, found \w{32}/,
    ],
    [
      'of which a file is no CSV',
      (at) =>
        writeReport(storage().ports.work, at, [{ status: 'failed', tasks: [] }]).then(() =>
          storage().ports.work.write(`runs/${at.runId}/pass-1/job/report/job-job-1/results/0.csv`, 'a,"b'),
        ),
      /Quote Not Closed/,
    ],
    [
      'of which a record has another number of columns',
      (at) =>
        writeReport(storage().ports.work, at, [{ status: 'failed', tasks: [] }]).then(() =>
          storage().ports.work.write(`runs/${at.runId}/pass-1/job/report/job-job-1/results/0.csv`, 'a,b\n'),
        ),
      /expected records of 7 columns and a key that decodes, found 2/,
    ],
    [
      'whose manifest is not one',
      (at) => storage().ports.work.write(`runs/${at.runId}/pass-1/job/report/job-job-1/manifest.json`, '{}'),
      /it does not read as one/,
    ],
    [
      'that names files of somebody else',
      (at) =>
        storage().ports.work.write(
          `runs/${at.runId}/pass-1/job/report/job-job-1/manifest.json`,
          '{"Results":[{"TaskExecutionStatus":"failed","Bucket":"theirs","MD5Checksum":"0","Key":"x.csv"}]}',
        ),
      /expected a file under s3:\/\/work-bucket\/runs\//,
    ],
  ])('%s is refused by name', async (title, write, message) => {
    const at = { runId: title.replaceAll(/\W/g, '-'), pass: 1 };
    await writeEnd(storage().ports.work, at);
    await write(at);
    await expect(readJobReport(storage().ports, { ...at, id: 'job-1' })).rejects.toMatchObject({
      name: 'JobReportCorrupt',
      message: expect.stringMatching(message),
    });
  });
});

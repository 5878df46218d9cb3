import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { compareKeys } from '../../core/keys.js';
import { FailedTasks } from '../../core/replicate/failed-tasks.js';
import { readJobReport } from '../../core/replicate/read-job-report.js';
import { writeEnd, writeReport, type ReportTask } from '../core/support/job-report.js';
import { useStorage } from '../core/support/storage.js';
import { anyKey } from './keys.js';

const storage = useStorage();
let runs = 0;

describe('The completion report of a job', () => {
  it('tells each chunk of each of its rows why that failed, in whatever order and files it lists them, and of no other', async () => {
    const version = fc.constantFrom('null', 'a', 'b', 'XbLZ3.k_1');
    const task = fc.record({
      key: anyKey.filter((key) => key !== ''),
      versionId: version,
      code: fc.constantFrom('DstPutObjectNotPermitted', 'SrcObjectNotEligible', 'AccessDenied'),
      message: fc.string({ unit: fc.constantFrom('"', ',', '\n', 'a', ' ', 'é'), maxLength: 5 }),
    });
    const tasks = fc.uniqueArray(task, { selector: ({ key, versionId }) => `${versionId}\0${key}`, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        tasks,
        fc.infiniteStream(fc.boolean()),
        fc.integer({ min: 1, max: 4 }),
        async (all, fails, size) => {
          const { work } = storage().ports;
          const at = { runId: `report-${(runs += 1)}`, pass: 1 };
          const failed = new Set(all.filter(() => fails.next().value));
          await writeEnd(work, at, { succeeded: all.length - failed.size, failed: failed.size });
          await writeReport(work, at, [
            ...filesOf('succeeded', all.filter((each) => !failed.has(each)).map(succeeded), size),
            ...filesOf('failed', [...failed], size),
          ]);
          expect(await readJobReport(storage().ports, { ...at, id: 'job-1' })).toMatchObject({ failed: failed.size });

          const keys = [...new Set(all.map(({ key }) => key))].toSorted(compareKeys);
          for (let from = 0; from < keys.length; from += size) {
            const chunk = { first: keys[from] ?? '', last: keys[Math.min(from + size, keys.length) - 1] ?? '' };
            const found = new FailedTasks(work, at, chunk);
            const within = ({ key }: ReportTask) =>
              compareKeys(key, chunk.first) >= 0 && compareKeys(key, chunk.last) <= 0;
            for (const each of all) {
              const answer = await found.find(each.key, each.versionId);
              expect(answer?.cause).toBe(failed.has(each) && within(each) ? each.code : undefined);
              if (answer && each.message !== '') expect(answer.message).toBe(each.message);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});

function succeeded({ key, versionId }: ReportTask): ReportTask {
  return { key, versionId };
}

function filesOf<Status extends 'succeeded' | 'failed'>(status: Status, tasks: readonly ReportTask[], size: number) {
  return Array.from({ length: Math.ceil(tasks.length / size) }, (_, index) => ({
    status,
    tasks: tasks.slice(index * size, (index + 1) * size),
  }));
}

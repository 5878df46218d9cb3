import { describe, expect, it } from '@jest/globals';
import type { Reconciliation } from '../../../contracts/reconciliation.js';
import type { Summary } from '../../../contracts/tally.js';
import { recordDay, type RecordDayInput } from '../../../core/reconcile/record-day.js';
import { dayMetrics } from '../../../core/reconcile/day-metrics.js';
import { writeJson } from '../../../core/run-files.js';
import { useStorage } from '../support/storage.js';
import { counts, found } from './cases.js';

const storage = useStorage();
const counted = {
  counts: counts({ sourceRows: 100, byEtag: 90, bySizeAndTime: 5, missing: 3, different: 2 }),
  next: 'difference' as const,
  notes: [],
};
const failed = (cause: string, name = 'VerificationIncomplete') => ({
  Error: 'States.TaskFailed',
  Cause: JSON.stringify({ Name: cause, Status: 'FAILED', Error: name, Cause: '{"message":"some failed"}' }),
});

describe('A day as it ended', () => {
  it.each<[string, Partial<RecordDayInput>, Partial<Summary> | undefined, Partial<Reconciliation>]>([
    [
      'in sync by Athena',
      { counted: { counts: counts({ sourceRows: 9, byEtag: 9 }), next: 'record', notes: [] } },
      undefined,
      { status: 'InSync', way: 'compare', expected: 9, verified: 9, missing: 0 },
    ],
    [
      'repaired',
      { counted, run: 'RUN' },
      {
        expected: 5,
        verified: { identical: 1, copied: 4 },
        evidence: { etag: 1, checksum: 0, copied: 4, sizeAndTime: 0 },
      },
      {
        status: 'Repaired',
        way: 'difference',
        missing: 5,
        repaired: 4,
        missingAfterRepair: 0,
        expected: 100,
        verified: 100,
        evidence: { etag: 91, checksum: 0, copied: 4, sizeAndTime: 5 },
      },
    ],
    [
      'repaired by live replication before the run looked',
      { counted, run: 'RUN' },
      { expected: 5, verified: { identical: 5, copied: 0 } },
      { status: 'InSync', missing: 5, repaired: 0 },
    ],
    [
      'repaired but for what is gone and archived',
      { counted, run: 'RUN' },
      { expected: 5, verified: { identical: 0, copied: 2 }, gone: 1, archived: 2 },
      { status: 'Repaired', missing: 5, repaired: 2, gone: 1, archived: 2 },
    ],
    [
      'a whole inventory in sync',
      { found: found({ way: 'whole' }), run: 'RUN' },
      { expected: 50, verified: { identical: 50, copied: 0 } },
      { status: 'InSync', way: 'whole', missing: 0, expected: 50 },
    ],
    [
      'a whole inventory, since much differs: Athena’s counts are not mixed with the run’s',
      { counted: { ...counted, next: 'backfill', notes: [{ name: 'MuchDiffers', message: '' }] }, run: 'RUN' },
      {
        expected: 100,
        verified: { identical: 60, copied: 40 },
        evidence: { etag: 60, checksum: 0, copied: 40, sizeAndTime: 0 },
      },
      { status: 'Repaired', way: 'whole', missing: 40, repaired: 40, expected: 100, verified: 100 },
    ],
    [
      'a dry run by Athena',
      { found: found({ dryRun: true }), counted: { ...counted, next: 'record' } },
      undefined,
      { status: 'DryRun', missing: 5, missingAfterRepair: 5, repaired: 0 },
    ],
    [
      'a dry run by listing',
      { found: found({ dryRun: true, way: 'whole' }), run: 'RUN' },
      { expected: 9, verified: { identical: 2, copied: 0 }, wouldCopy: { objects: 7, bytes: 70 } },
      { status: 'DryRun', missing: 7, missingAfterRepair: 7 },
    ],
  ])('%s', async (_, input, summary, line) => {
    const answer = await record(input, summary);
    expect(answer).toMatchObject({ succeeded: true, error: '', cause: '', line });
    expect(answer.line.error).toBeUndefined();
  });

  it('incomplete: the execution fails, and says with which command the failures are listed', async () => {
    const answer = await record(
      { counted, error: failed('RUN') },
      { expected: 5, verified: { identical: 0, copied: 3 }, failed: 2 },
    );
    expect(answer).toMatchObject({
      succeeded: false,
      error: 'ReconciliationIncomplete',
      line: {
        status: 'Incomplete',
        missing: 5,
        repaired: 3,
        missingAfterRepair: 2,
        error: { name: 'VerificationIncomplete', message: 'some failed' },
      },
    });
    expect(JSON.parse(answer.cause)).toEqual({
      message: '2 of 5 missing objects are still missing; 3 were brought over.',
      run: answer.line.run,
      // As the run has told them itself.
      links: { report: 's3://work/report', failures: `the failures of ${answer.line.run}`, query: 'the query' },
    });
  });

  it.each<[string, Partial<RecordDayInput>, Partial<Summary> | undefined, string]>([
    [
      'nothing was found',
      { found: null, error: { Error: 'ManifestNotFound', Cause: '{"errorMessage":"none"}' } },
      undefined,
      'ManifestNotFound',
    ],
    ['the query failed', { error: { Error: 'QueryFailed', Cause: 'no' } }, undefined, 'QueryFailed'],
    ['another run has the pair', { counted, error: failed('RUN', 'PairBusy') }, undefined, 'PairBusy'],
    ['the run left no summary', { found: found({ way: 'whole' }), run: 'RUN' }, undefined, 'RunFileMissing'],
    [
      'the run was of fewer rows than were counted',
      { counted, run: 'RUN' },
      { expected: 4, verified: { identical: 0, copied: 4 } },
      'CountsContradict',
    ],
  ])('failed, under the name of what ended it: %s', async (_, input, summary, name) => {
    const { succeeded, error, line } = await record(input, summary);
    expect({ succeeded, error, status: line.status, named: line.error?.name }).toEqual({
      succeeded: false,
      error: name,
      status: 'Failed',
      named: name,
    });
  });

  it('is on file as it was answered, and once, however often it is recorded', async () => {
    const first = await record({
      counted: { counts: counts({ sourceRows: 1, byEtag: 1 }), next: 'record', notes: [] },
      execution: 'twice',
    });
    const second = await record({
      counted: { counts: counts({ sourceRows: 1, byEtag: 1 }), next: 'record', notes: [] },
      execution: 'twice',
    });
    expect({ ...second.line, seconds: 0 }).toEqual({ ...first.line, seconds: 0 });
    const lines: Reconciliation[] = [];
    for await (const line of storage().ports.reconciliations.ofPair('photos')) lines.push(line);
    expect(lines.filter(({ execution }) => execution === 'twice')).toEqual([second.line]);
  });
});

describe('The metrics of a day', () => {
  const of = (line: Partial<Reconciliation>) =>
    Object.fromEntries(
      dayMetrics({
        scope: 'pair',
        way: 'compare',
        expected: 10,
        verified: 10,
        missing: 0,
        missingAfterRepair: 0,
        status: 'InSync',
        ...line,
      } as Reconciliation).map(({ name, value }) => [name, value]),
    );
  const none = { ObjectsMissing: 0, ObjectsMissingAfterRepair: 0 };
  const proved = { ObjectsExpected: 10, ObjectsVerified: 10, RunsVerified: 1 };
  it.each<[string, Partial<Reconciliation>, object]>([
    ['in sync', {}, { ...none, ...proved }],
    ['repaired', { status: 'Repaired', missing: 4 }, { ...none, ...proved, ObjectsMissing: 4 }],
    [
      'incomplete',
      { status: 'Incomplete', missing: 4, missingAfterRepair: 1, verified: 9 },
      {
        ...none,
        ObjectsExpected: 10,
        ObjectsVerified: 9,
        RunsVerified: 0,
        ObjectsMissing: 4,
        ObjectsMissingAfterRepair: 1,
      },
    ],
    ['failed: nothing is said of objects', { status: 'Failed', missing: 4 }, {}],
    ['a dry run: nothing is said at all', { status: 'DryRun' }, {}],
    ['of a part of the pair', { scope: 'part' }, none],
    ['of the whole inventory: its run has said so', { way: 'whole' }, none],
    [
      'nothing is no proof',
      { expected: 0, verified: 0 },
      { ...none, ObjectsExpected: 0, ObjectsVerified: 0, RunsVerified: 0 },
    ],
  ])('%s', (_, line, metrics) => {
    expect(of(line)).toEqual(metrics);
  });
});

let runs = 0;

/** With the summary of a run, whose name stands for RUN in the input. */
async function record(input: Partial<RecordDayInput>, summary?: Partial<Summary>) {
  const run = `recorded-${(runs += 1)}`;
  const { ports } = storage();
  if (summary) await writeJson(ports.work, `runs/${run}/summary.json`, { ...summaryOf(run), ...summary });
  const given = {
    execution: 'day-1',
    startTime: '2026-03-10T06:00:00Z',
    found: found(),
    counted: null,
    scannedBytes: 0,
    ...input,
  };
  const withRun = JSON.parse(JSON.stringify(given).replaceAll('RUN', run)) as RecordDayInput;
  return recordDay(ports, 'photos', withRun);
}

function summaryOf(runId: string): Summary {
  return {
    message: '',
    runId,
    pair: 'photos',
    scope: 'pair',
    startedAt: '2026-03-10T06:00:00Z',
    status: 'Verified',
    manifestRows: 0,
    outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
    expected: 0,
    verified: { identical: 0, copied: 0 },
    gone: 0,
    archived: 0,
    failed: 0,
    drift: 0,
    evidence: { etag: 0, checksum: 0, copied: 0, sizeAndTime: 0 },
    bytesCopied: 0,
    passes: 1,
    links: { report: 's3://work/report', failures: `the failures of ${runId}`, query: 'the query' },
  };
}

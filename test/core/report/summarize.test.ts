import { describe, expect, it } from '@jest/globals';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import { summary as summarySchema, type Counts, type Plan } from '../../../contracts/tally.js';
import { remedyFor } from '../../../core/report/remedies.js';
import { summarize } from '../../../core/report/summarize.js';
import { noCounts } from '../../../core/verify/counts.js';
import { runOf } from '../support/rows.js';

const PLAN: Plan = {
  manifestRows: 120,
  outOfScope: { deleteMarkers: 5, noncurrent: 10, filtered: 5 },
  expected: 100,
  bytes: 1_000,
  chunks: 2,
};
const SETTLED: Partial<Counts> = {
  identical: 40,
  copied: 50,
  gone: 6,
  archived: 4,
  drift: 3,
  evidence: { etag: 38, checksum: 0, copied: 50, sizeAndTime: 2 },
  bytesCopied: 500,
};

describe('The summary of a run', () => {
  it('is Verified where every expected row is settled', () => {
    const { summary, cause } = summarizeOf(SETTLED);
    expect(summarySchema.parse(summary)).toEqual({
      runId: 'r',
      status: 'Verified',
      manifestRows: 120,
      outOfScope: { deleteMarkers: 5, noncurrent: 10, filtered: 5 },
      expected: 100,
      verified: { identical: 40, copied: 50 },
      gone: 6,
      archived: 4,
      failed: 0,
      drift: 3,
      evidence: { etag: 38, checksum: 0, copied: 50, sizeAndTime: 2 },
      bytesCopied: 500,
      passes: 2,
      report: 's3://work-bucket/runs/r/report/manifest.json',
    });
    expect(cause).toBe('');
  });

  it('is Verified where nothing was in scope', () => {
    const plan = { ...PLAN, manifestRows: 20, expected: 0, chunks: 0 };
    const { summary } = summarize({ run: runOf('r'), plan, tally: undefined, failureTable: 't', report: 's3://r' });
    expect(summary).toMatchObject({ status: 'Verified', expected: 0, passes: 0, failed: 0 });
  });

  it('is DryRun after a dry run, with what would be copied', () => {
    const counts = {
      identical: 40,
      wouldCopy: 60,
      wouldCopyBytes: 600,
      evidence: { etag: 40, checksum: 0, copied: 0, sizeAndTime: 0 },
    };
    const { summary, cause } = summarizeOf(counts, { request: { dryRun: true } });
    expect(summary).toMatchObject({ status: 'DryRun', wouldCopy: { objects: 60, bytes: 600 }, failed: 0 });
    expect(cause).toBe('');
  });

  it('is VerificationIncomplete where a single row failed, and the cause says what to do', () => {
    const { summary, cause } = summarizeOf({ ...SETTLED, archived: 3, owed: 1, causes: { AccessDenied: 1 } });
    expect(summary).toMatchObject({ status: 'VerificationIncomplete', failed: 1 });
    expect(JSON.parse(cause)).toEqual({
      message: '1 of 100 objects could not be brought over and proved. No progress.',
      counts: { expected: 100, verified: { identical: 40, copied: 50 }, gone: 6, archived: 3, failed: 1 },
      causes: [{ cause: 'AccessDenied', rows: 1, remedy: remedyFor('AccessDenied') }],
      list: 'npx s3-backfill failures r --pair demo',
      query: `aws dynamodb query --table-name failures --key-condition-expression 'pk = :run' --expression-attribute-values '{":run":{"S":"r"}}'`,
      report: 's3://work-bucket/runs/r/report/manifest.json',
    });
  });

  it('names the five largest causes, and stays far below what Step Functions takes as a Cause', () => {
    const causes = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`Cause${index}`, index]));
    const { cause } = summarizeOf({ ...SETTLED, archived: 3, owed: 1, causes });
    const explained = JSON.parse(cause) as { causes: { cause: string }[] };
    expect(explained.causes.map((each) => each.cause)).toEqual(['Cause49', 'Cause48', 'Cause47', 'Cause46', 'Cause45']);
    expect(cause.length).toBeLessThan(32_768);
  });
});

describe('A run whose books do not balance never ends as Verified', () => {
  it.each<[string, Partial<Counts>, Partial<Plan>]>([
    ['a row of the manifest is missing', SETTLED, { manifestRows: 121 }],
    ['a row of the manifest is counted twice', SETTLED, { manifestRows: 119 }],
    ['an expected row is missing', { ...SETTLED, gone: 5 }, {}],
    ['an expected row is settled twice', { ...SETTLED, gone: 7 }, {}],
    ['a row is settled and owed', { ...SETTLED, owed: 1 }, {}],
    [
      'a verified row has no evidence',
      { ...SETTLED, evidence: { etag: 37, checksum: 0, copied: 50, sizeAndTime: 2 } },
      {},
    ],
    ['a verified row has two', { ...SETTLED, evidence: { etag: 38, checksum: 1, copied: 50, sizeAndTime: 2 } }, {}],
    ['a row would be copied in a run that is none to try', { ...SETTLED, gone: 5, wouldCopy: 1 }, {}],
  ])('%s: IdentityBroken', (_, counts, plan) => {
    expect(() => summarizeOf(counts, { plan })).toThrow(expect.objectContaining({ name: 'IdentityBroken' }));
  });
});

describe('A remedy', () => {
  it.each(['AccessDenied', 'SlowDown', 'NotAttempted', 'NotVerified', 'ObjectTooLarge', 'SomethingNew'])(
    'is there for %s',
    (cause) => {
      expect(remedyFor(cause)).toMatch(/^[A-Z].*\.$/);
    },
  );
});

function summarizeOf(
  counts: Partial<Counts>,
  { request = {}, plan = {} }: { request?: Partial<RunRequestInput>; plan?: Partial<Plan> } = {},
) {
  return summarize({
    run: runOf('r', request),
    plan: { ...PLAN, ...plan },
    tally: { pass: 2, decision: 'giveUp', why: 'No progress.', totals: { ...noCounts(), ...counts }, unanswered: 0 },
    failureTable: 'failures',
    report: 's3://work-bucket/runs/r/report/manifest.json',
  });
}

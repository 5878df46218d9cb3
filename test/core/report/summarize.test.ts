import { describe, expect, it } from '@jest/globals';
import { runCause } from '../../../contracts/run-cause.js';
import type { RunRequestInput } from '../../../contracts/run-request.js';
import type { Run } from '../../../contracts/run.js';
import { summary as summarySchema, type Counts, type Plan } from '../../../contracts/tally.js';
import { remedyFor } from '../../../core/report/remedies.js';
import { summarize } from '../../../core/report/summarize.js';
import { noCounts } from '../../../core/verify/counts.js';
import { runOf } from '../support/rows.js';

const PLAN: Plan = {
  manifestRows: 120,
  outOfScope: { deleteMarkers: 5, noncurrent: 10, filtered: 5, duplicates: 0 },
  expected: 100,
  bytes: 1_000,
  chunks: 2,
};
const LINKS = {
  report: 's3://work-bucket/runs/r/report/manifest.json',
  failures: 'npx s3-backfill failures r --pair demo',
  query: `aws dynamodb query --table-name failures --key-condition-expression 'pk = :run' --expression-attribute-values '{":run":{"S":"r"}}'`,
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
      message:
        '90 of 100 objects are at the destination, each with its evidence: 50 copied by this run, 40 there before. 6 no longer exist at the source, 4 are archived.',
      runId: 'r',
      pair: 'demo',
      scope: 'part',
      startedAt: '2026-01-02T00:00:00.000Z',
      status: 'Verified',
      manifestRows: 120,
      outOfScope: { deleteMarkers: 5, noncurrent: 10, filtered: 5, duplicates: 0 },
      expected: 100,
      verified: { identical: 40, copied: 50 },
      gone: 6,
      archived: 4,
      failed: 0,
      drift: 3,
      evidence: { etag: 38, checksum: 0, copied: 50, sizeAndTime: 2 },
      bytesCopied: 500,
      passes: 2,
      links: LINKS,
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
      links: LINKS,
    });
    expect(summary.links).toEqual(LINKS);
  });

  it('has a cause that a person can read in the console: a field a line, indented by two spaces', () => {
    const { cause } = summarizeOf({ ...SETTLED, archived: 3, owed: 1, causes: { AccessDenied: 1 } });
    expect(cause).toBe(JSON.stringify(JSON.parse(cause), null, 2));
    expect(cause.split('\n')[1]).toMatch(/^ {2}"message": "1 of 100 objects/);
    expect(runCause.parse(JSON.parse(cause))).toEqual(JSON.parse(cause));
  });

  it('names the five largest causes, and stays far below what Step Functions takes as a Cause', () => {
    const causes = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`Cause${index}`, index]));
    const { cause } = summarizeOf({ ...SETTLED, archived: 3, owed: 1, causes });
    const explained = JSON.parse(cause) as { causes: { cause: string }[] };
    expect(explained.causes.map((each) => each.cause)).toEqual(['Cause49', 'Cause48', 'Cause47', 'Cause46', 'Cause45']);
    expect(cause.length).toBeLessThan(32_768);
  });
});

describe('The message of a run is one sentence or two, by how the run ended', () => {
  const DRY = { identical: 40, wouldCopy: 60, wouldCopyBytes: 600, evidence: { ...noCounts().evidence, etag: 40 } };
  const OWED = { ...SETTLED, archived: 3, owed: 1, causes: { AccessDenied: 1 } };

  it.each<[string, string, Partial<Counts>, Parameters<typeof summarizeOf>[1], string]>([
    [
      'Verified',
      'what is there, and since when',
      SETTLED,
      {},
      '90 of 100 objects are at the destination, each with its evidence: 50 copied by this run, 40 there before. 6 no longer exist at the source, 4 are archived.',
    ],
    [
      'Verified',
      'nothing where nothing was in scope',
      {},
      { plan: { manifestRows: 20, expected: 0, chunks: 0 } },
      'Nothing was looked at: none of the 20 rows of the inventory is in scope. Check the prefix and the filters of the request.',
    ],
    [
      'DryRun',
      'what a run would copy',
      DRY,
      { request: { dryRun: true } },
      'Nothing was written. A run would copy 60 of 100 objects, 600 bytes; 40 are there already.',
    ],
    [
      'VerificationIncomplete',
      'how many are missing, and why the run ended',
      OWED,
      {},
      '1 of 100 objects could not be brought over and proved. No progress.',
    ],
    [
      'VerificationIncomplete',
      'how many are missing, where there is no more to say',
      OWED,
      { why: '' },
      '1 of 100 objects could not be brought over and proved.',
    ],
  ])('%s: %s', (status, _, counts, circumstances, message) => {
    expect(summarizeOf(counts, circumstances).summary).toMatchObject({ status, message });
  });
});

describe('A run says where to read on', () => {
  it('and how what failed is redriven, where its pair has buckets of its own', () => {
    const owed = { ...SETTLED, archived: 3, owed: 1, causes: { AccessDenied: 1 } };
    const { summary, cause } = summarizeOf(owed, { run: { isBound: true } });
    const redrive = {
      redrive: 'npx s3-backfill start --redrive r --pair demo',
      redriveInput: '{"manifest":{"failuresOf":"r"}}',
    };
    expect(summary.links).toEqual({ ...LINKS, ...redrive });
    expect(runCause.parse(JSON.parse(cause)).links).toEqual(summary.links);
    expect(summarizeOf(SETTLED, { run: { isBound: true } }).summary.links).toEqual(LINKS);
    const all = summarizeOf(owed, { run: { isBound: true }, request: { versions: 'all' } }).summary.links;
    expect(all.redriveInput).toBe('{"manifest":{"failuresOf":"r"},"versions":"all"}');
  });

  it('also at the dashboard, where the pair has one: in its summary and in its cause', () => {
    const dashboard =
      'https://eu-central-1.console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/s3-backfill-demo';
    expect(summarizeOf(SETTLED, { dashboard }).summary.links).toEqual({ ...LINKS, dashboard });
    const { cause } = summarizeOf({ ...SETTLED, archived: 3, owed: 1 }, { dashboard });
    expect(runCause.parse(JSON.parse(cause)).links).toEqual({ ...LINKS, dashboard });
  });

  it('in commands that a shell takes as they are, whatever the name of the execution', () => {
    const { links } = summarizeOf(SETTLED, { id: `it's(1)`, run: { pair: 'photos' } }).summary;
    expect(links.failures).toBe(`npx s3-backfill failures 'it'\\''s(1)' --pair photos`);
    expect(links.query).toContain(`--expression-attribute-values '{":run":{"S":"it'\\''s(1)"}}'`);
    expect(links.report).toBe(`s3://work-bucket/runs/it's(1)/report/manifest.json`);
  });

  it.each(['pair', 'part'] as const)('and whether it was all of the pair: %s', (scope) => {
    expect(summarizeOf(SETTLED, { run: { scope } }).summary.scope).toBe(scope);
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
  {
    request = {},
    plan = {},
    id = 'r',
    run = {},
    why = 'No progress.',
    dashboard,
  }: {
    request?: Partial<RunRequestInput>;
    plan?: Partial<Plan>;
    id?: string;
    run?: Partial<Run>;
    why?: string;
    dashboard?: string;
  } = {},
) {
  return summarize({
    run: runOf(id, request, run),
    plan: { ...PLAN, ...plan },
    tally: { pass: 2, decision: 'giveUp', why, totals: { ...noCounts(), ...counts }, unanswered: 0, waits: 0 },
    failureTable: 'failures',
    report: `s3://work-bucket/runs/${id}/report/manifest.json`,
    dashboard,
  });
}

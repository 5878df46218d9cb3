import { describe, expect, it } from '@jest/globals';
import { metricUnits } from '../../../contracts/metrics.js';
import type { Summary } from '../../../contracts/tally.js';
import { runMetrics } from '../../../core/report/run-metrics.js';

const BEGAN = Date.UTC(2026, 0, 31);
const SUMMARY: Summary = {
  message: 'a sentence',
  runId: 'r',
  pair: 'photos',
  scope: 'pair',
  startedAt: new Date(BEGAN).toISOString(),
  status: 'Verified',
  manifestRows: 1_200,
  outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 200, duplicates: 0 },
  expected: 1_000,
  verified: { identical: 600, copied: 300 },
  gone: 60,
  archived: 40,
  failed: 0,
  drift: 0,
  evidence: { etag: 600, checksum: 0, copied: 300, sizeAndTime: 0 },
  bytesCopied: 9e9,
  passes: 1,
  links: { report: 's3://r', failures: 'npx s3-backfill failures r', query: 'aws dynamodb query' },
};
const OF_EACH_RUN = {
  ObjectsCopied: 300,
  BytesCopied: 9e9,
  ObjectsListed: 1_000,
  ObjectsFailed: 0,
  RunsIncomplete: 0,
  ObjectsPerSecond: 10,
};

describe('The metrics of a run', () => {
  it.each<[string, Partial<Summary>, Record<string, number>]>([
    [
      'of the whole pair say what the pair stands at, and that the daily proof is made',
      {},
      { ...OF_EACH_RUN, ObjectsExpected: 1_000, ObjectsVerified: 900, RunsVerified: 1 },
    ],
    [
      'of the whole pair that is incomplete make no proof',
      { status: 'VerificationIncomplete', gone: 59, failed: 1 },
      {
        ...OF_EACH_RUN,
        ObjectsFailed: 1,
        RunsIncomplete: 1,
        ObjectsExpected: 1_000,
        ObjectsVerified: 900,
        RunsVerified: 0,
      },
    ],
    ['of a part say nothing of the pair, also where all of it is verified', { scope: 'part' }, OF_EACH_RUN],
    [
      'of a part that is incomplete say so',
      { scope: 'part', status: 'VerificationIncomplete', gone: 59, failed: 1 },
      { ...OF_EACH_RUN, ObjectsFailed: 1, RunsIncomplete: 1 },
    ],
    [
      'of an empty inventory are zeros, and a proof',
      { manifestRows: 0, expected: 0, verified: { identical: 0, copied: 0 }, bytesCopied: 0 },
      {
        ObjectsCopied: 0,
        BytesCopied: 0,
        ObjectsListed: 0,
        ObjectsFailed: 0,
        RunsIncomplete: 0,
        ObjectsPerSecond: 0,
        ObjectsExpected: 0,
        ObjectsVerified: 0,
        RunsVerified: 1,
      },
    ],
    [
      'that found none of the rows in scope are no proof: its prefix may be wrong',
      { expected: 0, verified: { identical: 0, copied: 0 }, bytesCopied: 0 },
      {
        ObjectsCopied: 0,
        BytesCopied: 0,
        ObjectsListed: 0,
        ObjectsFailed: 0,
        RunsIncomplete: 0,
        ObjectsPerSecond: 0,
        ObjectsExpected: 0,
        ObjectsVerified: 0,
        RunsVerified: 0,
      },
    ],
    [
      'that a fence has stopped fail in no object',
      {
        status: 'StoppedByFence',
        scope: 'part',
        verified: { identical: 0, copied: 300 },
        failed: 700,
        fence: { name: 'maxObjects', heldBack: 700 },
      },
      {
        ObjectsCopied: 300,
        BytesCopied: 9e9,
        ObjectsListed: 1_000,
        ObjectsFailed: 0,
        RunsIncomplete: 0,
        StoppedByFence: 1,
        ObjectsPerSecond: 10,
      },
    ],
    ['that only counted are none', { status: 'DryRun', wouldCopy: { objects: 300, bytes: 9e9 } }, {}],
    ['that only counted a part are none', { status: 'DryRun', scope: 'part' }, {}],
  ])('%s', (_, fields, expected) => {
    const metrics = runMetrics({ ...SUMMARY, ...fields }, BEGAN + 100_000);
    expect(Object.fromEntries(metrics.map(({ name, value }) => [name, value]))).toEqual(expected);
    expect(metrics).toHaveLength(Object.keys(expected).length);
  });

  it.each([
    ['a run of a minute', 60_000, 1_000 / 60],
    ['a run that ended at once: never by less than a second', 0, 1_000],
    ['a run whose clock went back', -5_000, 1_000],
  ])('count objects by second, of %s', (_, milliseconds, perSecond) => {
    const metrics = runMetrics(SUMMARY, BEGAN + milliseconds);
    expect(metrics.find(({ name }) => name === 'ObjectsPerSecond')?.value).toBeCloseTo(perSecond);
  });

  it('come each in its unit, and a run of the whole pair has all but those of a reconciliation and of a live copy', () => {
    const metrics = runMetrics(SUMMARY, BEGAN);
    const { ObjectsMissing: _, ObjectsMissingAfterRepair: __, StoppedByFence: ___, ...others } = metricUnits;
    const ofRuns = Object.entries(others).filter(([name]) => !name.startsWith('Live'));
    expect(Object.fromEntries(metrics.map(({ name, unit }) => [name, unit]))).toEqual(Object.fromEntries(ofRuns));
  });
});

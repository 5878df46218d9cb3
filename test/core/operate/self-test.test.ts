import { describe, expect, it } from '@jest/globals';
import type { Summary } from '../../../contracts/tally.js';
import type { EndedRun } from '../../../core/operate/ended-run.js';
import { expectArrived } from '../../../core/operate/selftest/expect-objects.js';
import { expectRun, type RunKind } from '../../../core/operate/selftest/expect-run.js';
import { splitMessage } from '../../../core/operate/verdict.js';

const WRITTEN = 8;
const LOOKING = [
  'PrepareRun',
  'IndexFiles',
  'PlanPass',
  'WhereToStart?',
  'VerifyChunks',
  'TallyPass',
  'CountsMatch?',
  'ReportRun',
  'AllProved?',
  'Verified',
];
const COPYING = LOOKING.toSpliced(4, 0, 'CopyChunks');

function summary(more: Partial<Summary>): Summary {
  return {
    message: 'Some were copied.',
    runId: 'r',
    pair: 'photos',
    scope: 'part',
    startedAt: '2026-02-01T06:00:00.000Z',
    status: 'Verified',
    manifestRows: WRITTEN + 1,
    outOfScope: { deleteMarkers: 0, noncurrent: 0, filtered: 0, duplicates: 0 },
    expected: WRITTEN + 1,
    verified: { identical: 0, copied: WRITTEN },
    gone: 1,
    archived: 0,
    failed: 0,
    drift: 0,
    evidence: { etag: 0, checksum: 0, copied: WRITTEN, sizeAndTime: 0 },
    bytesCopied: 1,
    passes: 1,
    links: { report: '', failures: '', query: '' },
    ...more,
  };
}

const DRY = {
  status: 'DryRun',
  gone: 0,
  verified: { identical: 0, copied: 0 },
  wouldCopy: { objects: WRITTEN + 1, bytes: 9 },
} as const;
const SECOND = { verified: { identical: WRITTEN, copied: 0 } };

function run(counts: Partial<Summary>, more: Partial<EndedRun> = {}): EndedRun {
  const states = counts.status === 'DryRun' ? LOOKING : COPYING;
  return {
    name: 'r',
    status: 'SUCCEEDED',
    error: undefined,
    message: '',
    failures: [],
    states,
    summary: summary(counts),
    ...more,
  };
}

const FAILURE = {
  pk: 'r',
  sk: 's',
  runCause: 'r#AccessDenied',
  runChunk: 'r#0-0',
  key: 'x/a\u001b',
  cause: 'AccessDenied',
  message: '',
  remedy: 'Allow s3:GetObject.',
  attempts: 1,
  pass: 1,
  chunk: '0-0',
  firstSeen: '',
  lastSeen: '',
  status: 'resolved',
  expiresAt: 1,
} as const;

describe('A run of the self-test', () => {
  it.each<[string, RunKind, EndedRun, RegExp]>([
    ['a dry run that wrote nothing', 'dry', run(DRY), /nothing was written; 9 to copy/],
    [
      'a dry run after live replication',
      'dry',
      run({ ...DRY, verified: { identical: 3, copied: 0 }, wouldCopy: { objects: 6, bytes: 1 } }),
      /6 to copy, 3 there already/,
    ],
    ['a first run that copied all', 'first', run({}), /8 copied, 0 identical, 1 gone/],
    [
      'a first run beside live replication',
      'first',
      run({ verified: { identical: 5, copied: 3 } }),
      /3 copied, 5 identical/,
    ],
    [
      'a first run of two passes',
      'first',
      run({}, { states: [...COPYING.slice(0, 7), 'WaitBeforePass', ...COPYING.slice(4)] }),
      /Verified/,
    ],
    ['a second run that found all', 'second', run(SECOND), /0 copied, 8 identical/],
  ])('holds: %s', (_, kind, ended, found) => {
    expect(expectRun(kind, ended, WRITTEN)).toEqual({ kind: 'held', found: expect.stringMatching(found) });
  });

  it.each<[string, RunKind, EndedRun, RegExp]>([
    ['a dry run that copied', 'dry', run({ ...DRY, verified: { identical: 0, copied: 1 } }), /copied 0 .*copied 1 /],
    ['a dry run that was none', 'dry', run({}), /status DryRun.* status Verified/],
    [
      'a first run that left one out',
      'first',
      run({ verified: { identical: 0, copied: 7 } }),
      /verified 8 .*verified 7 /,
    ],
    ['a first run that read another manifest', 'first', run({ expected: 3 }), /expected 9.*expected 3/],
    ['what never was, taken for copied', 'first', run({ gone: 0 }), /gone 1 .*gone 0/],
    [
      'a second run that copied again',
      'second',
      run({ verified: { identical: 7, copied: 1 } }),
      /identical 8, copied 0 identical 7, copied 1/,
    ],
    [
      'failures in the table, although made good',
      'first',
      run({}, { failures: [FAILURE] }),
      /empty failure table AccessDenied of x\/a/,
    ],
    [
      'a history without VerifyChunks',
      'second',
      run(SECOND, { states: COPYING.filter((state) => state !== 'VerifyChunks') }),
      /no VerifyChunks in its place/,
    ],
    [
      'a dry run that went through no VerifyChunks',
      'dry',
      run(DRY, { states: ['PrepareRun', 'IndexFiles', 'PlanPass', 'ReportRun', 'Verified'] }),
      /no VerifyChunks/,
    ],
    ['no summary', 'first', run({}, { summary: undefined }), /summary\.json of the run none/],
    [
      'a busy pair',
      'dry',
      run(
        {},
        { status: 'FAILED', error: 'PairBusy', message: 'Execution a is working. Wait for it.', summary: undefined },
      ),
      /PairBusy: Execution a is working\. Wait for that run/,
    ],
    [
      'a run that could not prove all',
      'first',
      run({}, { status: 'FAILED', error: 'VerificationIncomplete', message: '1 of 9 failed.', failures: [FAILURE] }),
      /VerificationIncomplete: 1 of 9 failed\. In the failure table: AccessDenied of .*Allow s3:GetObject\./,
    ],
    ['a run that ended without a word', 'first', run({}, { status: 'TIMED_OUT' }), /TIMED_OUT Look at the history/],
  ])('does not hold: %s', (_, kind, ended, words) => {
    const verdict = expectRun(kind, ended, WRITTEN);
    expect(verdict.kind).toBe('broken');
    expect(Object.values(verdict).slice(1).join(' ')).toMatch(words);
  });
});

describe('An object that arrived', () => {
  const written = {
    name: 'a',
    body: Buffer.from('abc'),
    contentType: 'text/plain',
    metadata: { a: '1', b: '2' },
    tags: { x: 'y' },
  };
  it.each([
    ['is the same, whatever order tags and metadata have', { ...written, metadata: { b: '2', a: '1' } }, 'held', /s3/],
    ['is not there', undefined, 'broken', /no such object/],
    ['has other bytes', { ...written, body: Buffer.from('abd') }, 'broken', /3 bytes that are not the same/],
    [
      'has another content type',
      { ...written, contentType: 'text/html' },
      'broken',
      /content type text\/plain text\/html/,
    ],
    ['lacks metadata', { ...written, metadata: {} }, 'broken', /user metadata \{"a":"1","b":"2"\} \{\}/],
    ['lacks tags', { ...written, tags: {} }, 'broken', /tags \{"x":"y"\} \{\}.*s3:PutObjectTagging/],
  ] as const)('%s', (_, found, kind, words) => {
    const verdict = expectArrived(written, found, 's3://copies/a');
    expect(verdict.kind).toBe(kind);
    expect(Object.values(verdict).slice(1).join(' ')).toMatch(words);
  });
});

describe('A message of ours', () => {
  it.each([
    [
      's3://a/b.c/: expected x such as 1.5; found none. Do this. Then that.',
      's3://a/b.c/: expected x such as 1.5; found none.',
      'Do this. Then that.',
    ],
    ['Only what came.', 'Only what came.', ''],
    ['', '', ''],
  ])('parts into what came and what to do: %s', (message, found, remedy) => {
    expect(splitMessage(message)).toEqual({ found, remedy });
  });
});

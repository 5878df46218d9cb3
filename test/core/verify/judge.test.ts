import { describe, expect, it } from '@jest/globals';
import type { Attempt } from '../../../contracts/attempt.js';
import type { ObjectState } from '../../../core/ports.js';
import { judge } from '../../../core/verify/judge.js';

const SENT: Attempt = { kind: 'sent', row: 0, etag: 'answered', size: 5 };
const COVERED = true;
const NOT_REACHED = false;
const NOT_LISTED = undefined;

describe('A row is judged by what is on file, and by a listing where something was sent', () => {
  it.each<[string, boolean, Attempt | undefined, ObjectState | undefined, object]>([
    ['no attempt', COVERED, undefined, NOT_LISTED, { kind: 'identical', evidence: 'etag', drift: false }],
    ['never reached', NOT_REACHED, undefined, NOT_LISTED, { kind: 'owed', cause: 'NotAttempted' }],
    [
      'sent, and listed as S3 answered',
      COVERED,
      SENT,
      listed('answered', 5),
      { kind: 'copied', drift: false, bytes: 5 },
    ],
    [
      'sent as drift',
      COVERED,
      { ...SENT, drift: true },
      listed('answered', 5),
      { kind: 'copied', drift: true, bytes: 5 },
    ],
    ['sent, and not listed', COVERED, SENT, NOT_LISTED, { kind: 'owed', cause: 'MissingAfterCopy' }],
    [
      'sent, and listed with another ETag',
      COVERED,
      SENT,
      listed('other', 5),
      { kind: 'owed', cause: 'ChangedAfterCopy' },
    ],
    [
      'sent, and listed with another size',
      COVERED,
      SENT,
      listed('answered', 6),
      { kind: 'owed', cause: 'ChangedAfterCopy' },
    ],
    // The worker died after the answer was on file and before its range was.
    [
      'sent, the rest of its range not reached',
      NOT_REACHED,
      SENT,
      listed('answered', 5),
      { kind: 'copied', drift: false, bytes: 5 },
    ],
    [
      'identical by checksum',
      COVERED,
      { kind: 'identical', row: 0, etag: 'seen', evidence: 'checksum' },
      NOT_LISTED,
      { kind: 'identical', evidence: 'checksum', drift: false },
    ],
    [
      'identical as drift',
      COVERED,
      { kind: 'identical', row: 0, etag: 'seen', evidence: 'etag', drift: true },
      NOT_LISTED,
      { kind: 'identical', evidence: 'etag', drift: true },
    ],
    ['gone', COVERED, { kind: 'gone', row: 0 }, NOT_LISTED, { kind: 'gone' }],
    // Another object under its key proves nothing of this one.
    ['gone, and listed', COVERED, { kind: 'gone', row: 0 }, listed('other', 5), { kind: 'gone' }],
    [
      'waiting for a restore',
      COVERED,
      { kind: 'restoring', row: 0 },
      NOT_LISTED,
      { kind: 'owed', cause: 'RestoreUnderWay' },
    ],
    ['archived', COVERED, { kind: 'archived', row: 0 }, NOT_LISTED, { kind: 'archived' }],
    [
      'failed',
      COVERED,
      { kind: 'failed', row: 0, cause: 'AccessDenied', message: 'Access Denied', status: 403 },
      NOT_LISTED,
      { kind: 'owed', cause: 'AccessDenied', message: 'Access Denied', status: 403 },
    ],
    [
      'failed, and listed all the same',
      COVERED,
      { kind: 'failed', row: 0, cause: 'NoAnswer', message: '' },
      listed('answered', 5),
      { kind: 'owed', cause: 'NoAnswer' },
    ],
  ])('%s', (_, covered, attempt, listing, verdict) => {
    expect(judge(covered, attempt, listing, undefined)).toMatchObject(verdict);
  });

  it('a row that was never reached is told why', () => {
    expect(judge(false, undefined, undefined, undefined)).toMatchObject({
      message: expect.stringMatching('worker failed before it'),
    });
    expect(judge(false, undefined, undefined, 'AccessDenied')).toMatchObject({
      message: expect.stringMatching('stopped early because of AccessDenied'),
    });
  });
});

function listed(etag: string, size: number): ObjectState {
  return { key: 'a', etag, size, lastModified: 0 };
}

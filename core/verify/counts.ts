import type { Row } from '../../contracts/row.js';
import type { Counts } from '../../contracts/tally.js';
import type { Verdict } from './judge.js';

export function noCounts(): Counts {
  return {
    identical: 0,
    copied: 0,
    gone: 0,
    archived: 0,
    wouldCopy: 0,
    wouldCopyBytes: 0,
    wouldRestore: 0,
    wouldRestoreBytes: 0,
    wouldLeave: 0,
    wouldLeaveBytes: 0,
    drift: 0,
    evidence: { etag: 0, checksum: 0, copied: 0, sizeAndTime: 0 },
    bytesCopied: 0,
    owed: 0,
    // A cause is S3's word: it may be called as what other objects have from the start.
    causes: Object.create(null) as Counts['causes'],
  };
}

/** Counts one row's verdict, in place. */
export function countVerdict(counts: Counts, row: Row, verdict: Verdict): void {
  counts[verdict.kind] += 1;
  switch (verdict.kind) {
    case 'identical':
      counts.evidence[verdict.evidence] += 1;
      if (verdict.drift) counts.drift += 1;
      return;
    case 'copied':
      counts.evidence[verdict.evidence ?? 'copied'] += 1;
      counts.bytesCopied += verdict.bytes;
      if (verdict.drift) counts.drift += 1;
      return;
    case 'wouldCopy':
      counts.wouldCopyBytes += row.size ?? 0;
      if (verdict.but === 'archived') {
        counts.wouldRestore += 1;
        counts.wouldRestoreBytes += row.size ?? 0;
      }
      if (verdict.but === 'newer') {
        counts.wouldLeave += 1;
        counts.wouldLeaveBytes += row.size ?? 0;
      }
      return;
    case 'owed':
      counts.causes[verdict.cause] = (counts.causes[verdict.cause] ?? 0) + 1;
      return;
    case 'gone':
    case 'archived':
      return;
  }
}

/** Adds `more` to `sum`, in place. */
export function addCounts(sum: Counts, more: Counts): void {
  for (const name of [
    'identical',
    'copied',
    'gone',
    'archived',
    'wouldCopy',
    'wouldCopyBytes',
    'wouldRestore',
    'wouldRestoreBytes',
    'wouldLeave',
    'wouldLeaveBytes',
    'drift',
    'bytesCopied',
    'owed',
  ] as const)
    sum[name] += more[name];
  for (const name of ['etag', 'checksum', 'copied', 'sizeAndTime'] as const) sum.evidence[name] += more.evidence[name];
  for (const [cause, rows] of Object.entries(more.causes)) sum.causes[cause] = (sum.causes[cause] ?? 0) + rows;
}

/** Rows that have an outcome for good. */
export function settledRows({ identical, copied, gone, archived, wouldCopy }: Counts): number {
  return identical + copied + gone + archived + wouldCopy;
}

import { isReachedByKeys, type SideAddress } from './side.js';

/** What goes with a live copy only, or not with one by events. */
export function liveIssues(pair: {
  live?: 'replication' | 'events' | undefined;
  direction: string;
  replication?: object | undefined;
  propagateDeletes: boolean;
  copy?: { versions?: string | undefined; engine?: string | undefined } | undefined;
  source: SideAddress;
  destination: SideAddress;
}): { path: string[]; message: string }[] {
  const { live, direction, propagateDeletes, copy } = pair;
  const issues: { path: string[]; message: string }[] = [];
  if (direction === 'both' && live === undefined)
    issues.push({ path: ['direction'], message: 'expected live beside direction: "both": runs go one way' });
  if (pair.replication !== undefined && live !== 'replication')
    issues.push({ path: ['replication'], message: 'expected live: "replication" beside it' });
  if (propagateDeletes && live !== 'events')
    issues.push({
      path: ['propagateDeletes'],
      message:
        'expected live: "events" beside it; S3\u2019s own replication has replication.deleteMarkers, and runs delete nothing',
    });
  if (live !== 'events') return issues;
  if (copy?.engine === 'none' || copy?.engine === 'batch-replication')
    issues.push({
      path: ['copy', 'engine'],
      message:
        copy.engine === 'none'
          ? 'expected "copy" with live: "events": of a pair that copies nothing, nobody may write to the destination'
          : 'expected "copy" with live: "events", which copies by itself; S3 Batch Replication goes with live: "replication"',
    });
  for (const side of direction === 'both' ? (['source', 'destination'] as const) : (['source'] as const))
    if (isReachedByKeys(pair[side]))
      issues.push({
        path: ['live'],
        message: `expected a ${side} whose events EventBridge brings here; one that is reached by the keys of a secret is in another partition, or not on AWS: deploy the pair from that side, one way, or without live`,
      });
  if (copy?.versions === 'all')
    issues.push({
      path: ['copy', 'versions'],
      message:
        'expected "current" with live: "events", which copies what is current when it looks; live: "replication" brings every version',
    });
  return issues;
}

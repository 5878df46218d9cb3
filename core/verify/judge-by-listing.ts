import type { Chunk } from '../../contracts/chunk.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { besideDestination, besideVersions } from '../compare/beside-destination.js';
import { compare, type Comparison } from '../compare/compare.js';
import { ProofsOnFile } from '../compare/proofs-on-file.js';
import { archiveOf } from '../copy/archives.js';
import { versionIdOf } from '../copy/copy-versions.js';
import { matchVersions } from '../copy/match-versions.js';
import { isNewer } from '../copy/next-step.js';
import { Pace } from '../copy/pace.js';
import { firstSight } from '../copy/sides.js';
import { groupBy } from '../group.js';
import type { ObjectState, Ports } from '../ports.js';
import { requestsPerWorker } from '../workers.js';
import type { Judged, Verdict } from './judge.js';

type ListPorts = Pick<Ports, 'work' | 'pair' | 'clock' | 'random' | 'retryDelayMs'>;
type CompareListed = (row: Row, listed: ObjectState | undefined, versionId?: string) => Promise<Comparison>;

/**
 * Judges the rows of a dry run, in which nothing is copied: as far as listing and file tell, and without a look at any
 * object.
 */
export async function judgeByListing(
  ports: ListPorts,
  run: Run,
  chunk: Chunk,
  rows: readonly Row[],
): Promise<Judged[]> {
  const proofs = new ProofsOnFile(ports.work, run.provenBy, chunk);
  const compareListed: CompareListed = async (row, listed, versionId) => {
    const sight = { ...firstSight(row, listed, run), isStrong: run.request.proof === 'strong' };
    const comparison = compare(sight);
    return comparison.kind === 'ask' && comparison.what === 'proofs'
      ? compare({ ...sight, onFile: await proofs.find(row.key, versionId) })
      : comparison;
  };
  const judging = run.request.versions === 'all' ? judgeVersions : judgeObjects;
  const judged: Judged[] = [];
  for await (const each of judging(ports, run, rows, compareListed)) judged.push(each);
  return judged;
}

async function* judgeObjects(
  ports: ListPorts,
  run: Run,
  rows: readonly Row[],
  compareListed: CompareListed,
): AsyncGenerator<Judged> {
  const pair = ports.pair(run.buckets.source, run.buckets.destination);
  for await (const batch of besideDestination(
    run,
    pair,
    new Pace(ports, { perSecond: requestsPerWorker(run.request) }),
    rows,
    ({ key }) => key,
  ))
    for (const { row, listed } of batch) {
      const comparison = await compareListed(row, listed);
      yield { row, verdict: verdictOf(run, row, listed, comparison) };
    }
}

/** A key whose versions diverge would be a failure, so it is one here. */
async function* judgeVersions(
  ports: ListPorts,
  run: Run,
  rows: readonly Row[],
  compareListed: CompareListed,
): AsyncGenerator<Judged> {
  const pair = ports.pair(run.buckets.source, run.buckets.destination);
  const keys = groupBy(rows, ({ key }) => key);
  const beside = besideVersions(
    run,
    pair,
    new Pace(ports, { perSecond: requestsPerWorker(run.request) }),
    keys.entries(),
    ([key]) => key,
  );
  for await (const { item, versions } of beside) {
    const [, source] = item;
    const verdicts = new Map<Row, Verdict>();
    const sequence = await matchVersions(source, versions, async (row, there) => {
      if (row.isDeleteMarker || there.isDeleteMarker)
        return row.isDeleteMarker === there.isDeleteMarker ? 'same' : 'other';
      const comparison = await compareListed(row, there, versionIdOf(row));
      if (comparison.kind === 'identical') verdicts.set(row, { ...comparison, drift: false });
      return comparison.kind === 'identical' ? 'same' : 'other';
    });
    const matched = sequence.kind === 'beginning' ? sequence.matched : source.length;
    for (const [index, row] of source.entries()) {
      if (sequence.kind === 'diverges') yield { row, verdict: DIVERGES };
      else if (index < matched) yield { row, verdict: verdicts.get(row) ?? MARKER_THERE };
      else yield { row, verdict: WOULD_COPY };
    }
  }
}

function verdictOf({ request }: Run, row: Row, listed: ObjectState | undefined, comparison: Comparison): Verdict {
  if (comparison.kind === 'identical') return { ...comparison, drift: false };
  if (request.overwrite === 'older' && isNewer(comparison, { source: row, destination: listed }))
    return { kind: 'wouldCopy', but: 'newer' };
  const isArchived = archiveOf(row) === 'archived' && request.archived === 'restore';
  return isArchived ? { kind: 'wouldCopy', but: 'archived' } : WOULD_COPY;
}

const WOULD_COPY: Verdict = { kind: 'wouldCopy' };
const MARKER_THERE: Verdict = { kind: 'identical', evidence: 'etag', drift: false };
const DIVERGES: Verdict = {
  kind: 'owed',
  cause: 'VersionsDiverge',
  message: "The destination's versions of this key are no beginning of the source's.",
};

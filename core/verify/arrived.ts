import type { Attempt } from '../../contracts/attempt.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { besideDestination, besideVersions } from '../compare/beside-destination.js';
import { Pace } from '../copy/pace.js';
import { DELETE_MARKER } from '../copy/put-version.js';
import { groupBy } from '../group.js';
import type { ObjectState, Ports, VersionState } from '../ports.js';
import { requestsPerWorker } from '../workers.js';

type ListPorts = Pick<Ports, 'pair' | 'clock' | 'random' | 'retryDelayMs'>;

/** What the destination now lists of each row that was sent, by this run or by S3 for it, by its index. Nothing is listed where nothing was sent. */
export function arrivedOf(
  ports: ListPorts,
  run: Run,
  rows: readonly Row[],
  attempts: ReadonlyMap<number, Attempt>,
): Promise<ReadonlyMap<number, ObjectState>> {
  const sent = [...rows.keys()].filter((index) => isSent(attempts.get(index)));
  return run.request.versions === 'all'
    ? arrivedVersions(ports, run, rows, attempts, sent)
    : arrivedObjects(ports, run, rows, sent);
}

function isSent(attempt: Attempt | undefined): boolean {
  return attempt?.kind === 'sent' || attempt?.kind === 'queued';
}

async function arrivedObjects(
  ports: ListPorts,
  run: Run,
  rows: readonly Row[],
  sent: readonly number[],
): Promise<ReadonlyMap<number, ObjectState>> {
  const pair = ports.pair(run.buckets.source, run.buckets.destination);
  const arrived = new Map<number, ObjectState>();
  const beside = besideDestination(
    run,
    pair,
    new Pace(ports, { perSecond: requestsPerWorker(run.request) }),
    sent,
    (index) => rows[index]?.key ?? '',
  );
  for await (const batch of beside) for (const { row: index, listed } of batch) if (listed) arrived.set(index, listed);
  return arrived;
}

/** A version has arrived where it lies on the one that it was put on: elsewhere in the sequence it counts as not listed. */
async function arrivedVersions(
  ports: ListPorts,
  run: Run,
  rows: readonly Row[],
  attempts: ReadonlyMap<number, Attempt>,
  sent: readonly number[],
): Promise<ReadonlyMap<number, ObjectState>> {
  const pair = ports.pair(run.buckets.source, run.buckets.destination);
  const arrived = new Map<number, ObjectState>();
  const keys = groupBy(sent, (index) => rows[index]?.key ?? '');
  const beside = besideVersions(
    run,
    pair,
    new Pace(ports, { perSecond: requestsPerWorker(run.request) }),
    keys.entries(),
    ([key]) => key,
  );
  for await (const { item, versions } of beside) {
    for (const index of item[1]) {
      const attempt = attempts.get(index);
      const place = versions.findIndex(({ versionId }) => attempt?.kind === 'sent' && versionId === attempt.version);
      const state = versions[place];
      if (state && versions[place - 1]?.versionId === belowOf(attempt)) arrived.set(index, asAnswered(state));
    }
  }
  return arrived;
}

function belowOf(attempt: Attempt | undefined): string | undefined {
  return attempt?.kind === 'sent' ? attempt.below : undefined;
}

function asAnswered(state: VersionState): ObjectState {
  return state.isDeleteMarker ? { ...state, etag: DELETE_MARKER } : state;
}

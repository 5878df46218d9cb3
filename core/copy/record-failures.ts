import { createHash } from 'node:crypto';
import type { Chunk } from '../../contracts/chunk.js';
import type { Failure } from '../../contracts/failure.js';
import type { Row } from '../../contracts/row.js';
import { groupBy } from '../group.js';
import { remedyFor } from '../report/remedies.js';
import type { Ports } from '../ports.js';

/** The failure table, and the time. */
export type FailurePorts = Pick<Ports, 'failures' | 'clock'>;

/** Rows recorded in the table for one cause of one run; the run's files have them all. */
const RECORDED_PER_CAUSE = 1_000;
const KEPT_DAYS = 90;
const MESSAGE_LENGTH = 1_000;

export interface FailedRow {
  row: Row;
  failure: { cause: string; message: string };
}

/** Where something failed. */
export interface FailurePlace {
  runId: string;
  pass: number;
  chunk: Chunk;
}

/**
 * Records failed rows, up to so many a cause; a row that is in the table already is brought up to date.
 * Done again for the same pass it changes nothing, so that CopyChunk records what it sees and VerifyChunk what a killed
 * CopyChunk could not.
 */
export async function recordFailures(
  ports: FailurePorts,
  place: FailurePlace,
  failed: readonly FailedRow[],
  most = RECORDED_PER_CAUSE,
): Promise<void> {
  if (failed.length === 0) return;
  const known = await knownFailures(ports, place);
  // A manifest may name a row twice; the table takes no item twice at once.
  const distinct = new Map(failed.map((each) => [failureId(each.row), each]));
  const items: Failure[] = [];
  const unknown: FailedRow[] = [];
  for (const [id, each] of distinct) {
    const earlier = known.get(id);
    if (!earlier) unknown.push(each);
    else if (!isSame(earlier, place, each)) items.push(rowFailure(ports, place, each, earlier));
  }
  for (const [cause, rows] of groupBy(unknown, (each) => each.failure.cause)) {
    const places =
      most === Infinity ? rows.length : await ports.failures.reserve(place.runId, cause, rows.length, most);
    items.push(...rows.slice(0, places).map((each) => rowFailure(ports, place, each, undefined)));
  }
  await ports.failures.put(items);
}

function isSame(earlier: Failure, { pass }: FailurePlace, { row, failure }: FailedRow): boolean {
  const isOfOneKind = (earlier.isDeletion ?? false) === row.isDeleteMarker;
  return earlier.status === 'open' && earlier.pass === pass && earlier.cause === failure.cause && isOfOneKind;
}

/** Marks what the table holds of these rows as resolved. Costs one query for each chunk of the last pass, not one a row. */
export async function resolveFailures(
  ports: FailurePorts,
  place: FailurePlace,
  settled: readonly Row[],
): Promise<void> {
  if (settled.length === 0) return;
  const known = await knownFailures(ports, place);
  if (known.size === 0) return;
  const now = new Date(ports.clock.now()).toISOString();
  const open = new Map(
    settled.flatMap((row) => known.get(failureId(row)) ?? []).map((item) => [item.sk, item] as const),
  );
  const resolved = [...open.values()].filter((item) => item.status === 'open');
  await ports.failures.put(resolved.map((item) => ({ ...item, status: 'resolved', lastSeen: now })));
}

/** The item of a chunk that failed as a whole. */
export function chunkFailure(
  ports: FailurePorts,
  place: FailurePlace,
  error: { cause: string; message: string },
): Failure {
  return {
    ...common(ports, place, error.cause, error.message, undefined),
    sk: `chunk#${place.chunk.id}`,
    size: place.chunk.bytes,
  };
}

function rowFailure(
  ports: FailurePorts,
  place: FailurePlace,
  { row, failure }: FailedRow,
  earlier: Failure | undefined,
): Failure {
  return {
    ...common(ports, place, failure.cause, failure.message, earlier),
    sk: failureId(row),
    key: row.key,
    ...(row.versionId ? { versionId: row.versionId } : {}),
    ...(row.isDeleteMarker ? { isDeletion: true } : {}),
    size: row.size,
  };
}

function common(
  ports: FailurePorts,
  place: FailurePlace,
  cause: string,
  message: string,
  earlier: Failure | undefined,
): Omit<Failure, 'sk'> {
  const now = ports.clock.now();
  const seen = new Date(now).toISOString();
  // A worker that was killed repeats its rows: the same pass counts once.
  const attempts = earlier ? earlier.attempts + (earlier.pass === place.pass ? 0 : 1) : 1;
  return {
    pk: place.runId,
    runCause: `${place.runId}#${cause}`,
    runChunk: `${place.runId}#${place.chunk.id}`,
    cause,
    message: message.slice(0, MESSAGE_LENGTH),
    remedy: remedyFor(cause),
    attempts,
    pass: place.pass,
    chunk: place.chunk.id,
    firstSeen: earlier?.firstSeen ?? seen,
    lastSeen: seen,
    status: 'open',
    expiresAt: Math.floor(now / 1000) + KEPT_DAYS * 86_400,
  };
}

function failureId(row: Pick<Row, 'key' | 'versionId'>): string {
  return createHash('sha256').update(`${row.key}\0${row.versionId}`).digest('hex');
}

/** What the table holds of the rows of this chunk: under the chunks whose owed rows it is made of, and under its own id. */
async function knownFailures(
  ports: FailurePorts,
  { runId, chunk }: FailurePlace,
): Promise<ReadonlyMap<string, Failure>> {
  const origins = new Set(
    chunk.segments.flatMap(({ key }) => /\/owed\/([^/_]+)(?:_[0-9a-f]+)?\.csv\.gz$/.exec(key)?.[1] ?? []),
  );
  const known = new Map<string, Failure>();
  for (const id of origins.add(chunk.id)) {
    for await (const item of ports.failures.ofChunk(runId, id)) known.set(item.sk, item);
  }
  return known;
}

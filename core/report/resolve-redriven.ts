import { chunk as chunkSchema } from '../../contracts/chunk.js';
import type { Failure } from '../../contracts/failure.js';
import { liveRunOf } from '../../contracts/live-run.js';
import type { Run } from '../../contracts/run.js';
import { decodeRows, readChunkLines } from '../inventory/row-codec.js';
import { gatherLines, type RowLine } from '../inventory/row-lines.js';
import { compareKeys, encodeKey } from '../keys.js';
import { readLines } from '../lines.js';
import type { FileStore, Ports } from '../ports.js';
import { runFiles } from '../run-files.js';
import { redrivenBy, type Trip } from './redriven-by.js';

/** What this reaches. */
type ResolvePorts = Pick<Ports, 'work' | 'failures' | 'clock'>;

/** An item of an earlier run, and the rows that it is about: one, or those of a chunk that failed as a whole. */
interface Claim {
  item: Failure;
  rows: readonly RowId[];
}

interface RowId {
  key: string;
  versionId: string;
}

/** Rows that are looked for at once. With key and version they take about 50 MB where their keys are long. */
const ROWS_AT_ONCE = 50_000;
/** As many chunks as a run records while it goes on; of those beyond, ReportRun would be reading for hours. */
const MOST_CHUNKS = 1_000;

/**
 * Marks the items of earlier runs as resolved whose rows this run, or one between, has settled: of a run what its first pass was
 * of, and its last one did not owe. Only chunks are read that may hold such a row: the table has at most 1,000 rows a cause.
 * @param pass the last one of this run; 0 where there was nothing to copy
 */
export async function resolveRedriven(ports: ResolvePorts, run: Run, pass: number): Promise<void> {
  const redriven = redrivenBy(run.manifest);
  if (redriven.length === 0 || run.request.dryRun) return;
  const trips: Trip[] = [{ runId: run.id, pass: pass + 1 }, ...redriven];
  for (const [age, earlier] of trips.entries()) {
    if (age === 0) continue;
    const later = trips.slice(0, age).toReversed();
    for await (const claims of claimsOf(ports, earlier.runId)) {
      const open = await stillOpen(ports.work, earlier, later, claims);
      const lastSeen = new Date(ports.clock.now()).toISOString();
      const settled = claims.filter(({ rows }) => !rows.some((row) => open.has(idOf(row))));
      await ports.failures.put(
        settled.map(({ item }) => ({ ...item, status: 'resolved' as const, resolvedBy: run.id, lastSeen })),
      );
    }
  }
}

/** Rows of these claims that the earlier run owed, and none of the later ones, oldest first, has settled. */
async function stillOpen(
  work: FileStore,
  earlier: Trip,
  later: readonly Trip[],
  claims: readonly Claim[],
): Promise<Set<string>> {
  const claimed = new Claimed(claims);
  const open = new Set<string>();
  // Of a day of a live copy nothing but the table says what it owes.
  if (liveRunOf(earlier.runId)) for (const { rows } of claims) for (const row of rows) open.add(idOf(row));
  else for await (const id of claimed.in(work, earlier.runId, earlier.pass)) open.add(id);
  for (const { runId, pass } of later) {
    for await (const id of claimed.in(work, runId, 1)) open.delete(id);
    for await (const id of claimed.in(work, runId, pass)) open.add(id);
  }
  return open;
}

/** The rows of claims, which are found in the chunks of a pass. */
class Claimed {
  readonly #ids: ReadonlySet<string>;
  /** In key order. */
  readonly #keys: readonly string[];
  /** As row files have them. */
  readonly #encoded: ReadonlySet<string>;

  constructor(claims: readonly Claim[]) {
    const rows = claims.flatMap((claim) => claim.rows);
    this.#ids = new Set(rows.map(idOf));
    this.#keys = [...new Set(rows.map(({ key }) => key))].sort(compareKeys);
    this.#encoded = new Set(this.#keys.map(encodeKey));
  }

  async *in(work: FileStore, runId: string, pass: number): AsyncGenerator<string> {
    for await (const chunk of readLines(work, runFiles(runId).chunks(pass), chunkSchema)) {
      if (!this.#mayBeIn(chunk)) continue;
      for await (const { lines } of readChunkLines(work, chunk)) {
        const found = lines.filter((line) => this.#encoded.has(encodedKey(line)));
        if (found.length === 0) continue;
        for (const row of decodeRows(gatherLines(found).bytes.toString('utf8'))) {
          const id = idOf(row);
          if (this.#ids.has(id)) yield id;
        }
      }
    }
  }

  #mayBeIn({ first, last }: { first: string; last: string }): boolean {
    let [from, to] = [0, this.#keys.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (compareKeys(this.#keys[middle] ?? '', first) < 0) from = middle + 1;
      else to = middle;
    }
    const next = this.#keys[from];
    return next !== undefined && compareKeys(next, last) <= 0;
  }
}

/** The open items of a run, so many at a time as their rows can be held. */
async function* claimsOf(ports: ResolvePorts, runId: string): AsyncGenerator<Claim[]> {
  const chunks: Failure[] = [];
  let claims: Claim[] = [];
  let held = 0;
  for await (const item of ports.failures.ofRun(runId)) {
    if (item.status !== 'open') continue;
    if (item.key !== undefined) {
      claims.push({ item, rows: [{ key: item.key, versionId: item.versionId ?? '' }] });
      held += 1;
    } else if (chunks.length < MOST_CHUNKS) chunks.push(item);
    if (held < ROWS_AT_ONCE) continue;
    yield claims;
    [claims, held] = [[], 0];
  }
  for await (const claim of chunkClaims(ports.work, runId, chunks)) {
    claims.push(claim);
    held += claim.rows.length;
    if (held < ROWS_AT_ONCE) continue;
    yield claims;
    [claims, held] = [[], 0];
  }
  if (claims.length > 0) yield claims;
}

/** The rows of chunks that failed as a whole, from the pass in which each did. */
async function* chunkClaims(work: FileStore, runId: string, items: readonly Failure[]): AsyncGenerator<Claim> {
  for (const pass of new Set(items.map((item) => item.pass))) {
    const byChunk = new Map(items.filter((item) => item.pass === pass).map((item) => [item.chunk, item]));
    for await (const chunk of readLines(work, runFiles(runId).chunks(pass), chunkSchema)) {
      const item = byChunk.get(chunk.id);
      if (!item) continue;
      const rows: RowId[] = [];
      for await (const { bytes } of readChunkLines(work, chunk))
        for (const { key, versionId } of decodeRows(bytes.toString('utf8'))) rows.push({ key, versionId });
      yield { item, rows };
    }
  }
}

function encodedKey({ bytes, start, keyEnd }: RowLine): string {
  return bytes.toString('latin1', start + 1, keyEnd);
}

function idOf({ key, versionId }: RowId): string {
  return `${key}\0${versionId}`;
}

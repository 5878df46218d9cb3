import type { Attempt } from '../../contracts/attempt.js';
import type { Row } from '../../contracts/row.js';
import { besideDestination, besideVersions } from '../compare/beside-destination.js';
import { groupBy } from '../group.js';
import { destinationKey } from '../keys.js';
import type { ObjectState, VersionState } from '../ports.js';
import { archivesOf, archivesOfVersions, mayBeArchived } from './archives.js';
import { copyRow, type CopyTerms, type CopyTools, type Unfinished } from './copy-row.js';
import { copyVersions, versionIdOf, type Version } from './copy-versions.js';

/** What is worked on at once: a row, or all versions of a key; or a stretch of rows that need no work. */
export interface Unit {
  /** The row behind its last one. */
  next: number;
  rows: number;
  /** Undefined where all of it, and what lies between it and the unit before, is at the destination by ETag. */
  work?: () => Promise<readonly (Attempt | Unfinished)[]>;
}

/**
 * The units of a chunk that are not settled yet, in order, each with what the destination's listing shows of it.
 * @param before attempts of earlier calls, by row
 */
export function unitsOf(
  tools: CopyTools,
  rows: readonly Row[],
  open: readonly number[],
  before: ReadonlyMap<number, Attempt>,
): AsyncGenerator<Unit> {
  return tools.run.request.versions === 'all' ? keyUnits(tools, rows, open, before) : rowUnits(tools, rows, open);
}

async function* rowUnits(tools: CopyTools, rows: readonly Row[], open: readonly number[]): AsyncGenerator<Unit> {
  const { run, pair, pace } = tools;
  const cold =
    run.request.archived === 'skip' ? [] : open.filter((index) => mayBeArchived(rows[index]?.storageClass ?? ''));
  // Of restores a listing tells: asked each hour, object by object would be dear.
  const archives = await (isPinned(run) ? archivesOfVersions : archivesOf)(
    pair,
    pace,
    run.request.source.prefix ?? '',
    cold,
    rows,
  );
  const beside = besideDestination(run, pair, pace, open, (index) => rows[index]?.key ?? '');
  for await (const batch of beside) {
    let settled: Unit | undefined;
    for (const { row: index, listed } of batch) {
      const row = rows[index] as Row;
      const next = index + 1;
      if (isSame(row, listed)) {
        settled = { next, rows: (settled?.rows ?? 0) + 1 };
        continue;
      }
      const item = {
        row,
        index,
        listed,
        archive: archives.get(index) ?? 'none',
        ...(isPinned(run) ? { versionId: versionIdOf(row) } : {}),
        destinationKey: destinationKey(row.key, run.request),
      };
      settled = undefined;
      yield { next, rows: 1, work: async () => [await copyRow(tools, item)] };
    }
    if (settled) yield settled;
  }
}

/** Whether rows name the version that is meant, and not whatever is current. */
function isPinned({ manifest }: CopyTerms): boolean {
  return manifest !== undefined && 'pinned' in manifest && manifest.pinned === true;
}

/** A key is worked on as a whole, also where only some of its versions are open: they come in order. */
async function* keyUnits(
  tools: CopyTools,
  rows: readonly Row[],
  open: readonly number[],
  attempts: ReadonlyMap<number, Attempt>,
): AsyncGenerator<Unit> {
  const { run, pair, pace } = tools;
  const openKeys = new Set(open.map((index) => rows[index]?.key));
  const versions = rows.flatMap((row, index): Version[] => (openKeys.has(row.key) ? [{ row, index }] : []));
  const keys = groupBy(versions, ({ row }) => row.key);
  const beside = besideVersions(run, pair, pace, keys.entries(), ([key]) => key);
  for await (const { item, versions: there } of beside) {
    const [key, versions] = item;
    const unit = { next: (versions.at(-1)?.index ?? 0) + 1, rows: versions.length };
    if (areSame(versions, there)) yield unit;
    else {
      const before = new Map(
        versions.flatMap(({ index }) => {
          const attempt = attempts.get(index);
          return attempt?.kind === 'sent' ? [[index, attempt] as const] : [];
        }),
      );
      yield {
        ...unit,
        work: () =>
          copyVersions(tools, {
            versions,
            sourceKey: key,
            destinationKey: destinationKey(key, run.request),
            there,
            listAgain: () => listKey(tools, key),
            before,
          }),
      };
    }
  }
}

async function listKey({ run, pair, pace }: CopyTools, key: string): Promise<VersionState[]> {
  for await (const { versions } of besideVersions(run, pair, pace, [key], (each) => each)) return versions;
  return [];
}

function isSame(row: Row, listed: ObjectState | undefined): boolean {
  return listed !== undefined && row.etag !== '' && listed.etag === row.etag && listed.size === row.size;
}

/** Each version at its place, by its ETag. */
function areSame(versions: readonly Version[], there: readonly VersionState[]): boolean {
  return (
    versions.length === there.length &&
    versions.every(({ row }, index) => {
      const state = there[index];
      if (row.isDeleteMarker || state?.isDeleteMarker) return row.isDeleteMarker && state?.isDeleteMarker === true;
      return isSame(row, state);
    })
  );
}

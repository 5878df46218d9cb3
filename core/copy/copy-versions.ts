import type { Attempt } from '../../contracts/attempt.js';
import type { Evidence } from '../../contracts/outcome.js';
import type { Row } from '../../contracts/row.js';
import { compare } from '../compare/compare.js';
import { StorageError } from '../errors.js';
import { groupBy } from '../group.js';
import type { ObjectHead, VersionState } from '../ports.js';
import { archiveOf } from './archives.js';
import { failed } from './attempt-of.js';
import { causeOf, type Cause } from './cause.js';
import type { CopyTools, RowToCopy, Unfinished } from './copy-row.js';
import { look } from './look.js';
import { matchVersions, type Match } from './match-versions.js';
import { DELETE_MARKER, putVersion } from './put-version.js';
import { firstSight } from './sides.js';

/** Cause of versions that wait for another one of their key. */
export const ANOTHER_VERSION_FAILED = 'AnotherVersionFailed';

/** How often the destination may change under us before the key is left to the next pass. */
const MOST_CHANGES = 5;

/** A source version, and its index in the chunk. */
export interface Version {
  row: Row;
  index: number;
  /** What a listing of the source shows; undefined where nobody asked. */
  archive?: ObjectHead['archive'];
}

/** All versions of one key that the manifest names, the oldest first. */
export interface KeyToCopy {
  versions: readonly Version[];
  sourceKey: string;
  destinationKey: string;
  /** The destination's, the oldest first. */
  there: readonly VersionState[];
  /** The same, as it is now. */
  listAgain: () => Promise<VersionState[]>;
  /** What an earlier call has sent of the versions, by index. */
  before: ReadonlyMap<number, Attempt>;
}

/**
 * Brings over the versions and delete markers of one key, one after the other, on top of what the destination has of them.
 * Where that is no beginning of the source's, nothing is written: the key is `VersionsDiverge`. Never throws for what S3
 * says of a version: that becomes its attempt, and those above it wait for another pass.
 */
export async function copyVersions(tools: CopyTools, key: KeyToCopy): Promise<(Attempt | Unfinished)[]> {
  const ends = new Map<number, Attempt | Unfinished>(key.before);
  const work = { versions: key.versions, ends };
  try {
    const cause = await bringOver(tools, key, work);
    return settle(work.versions, ends, cause);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return settle(work.versions, ends, error.kind === 'throttled' ? 'unfinished' : causeOf(error));
  }
}

interface Work {
  /** What of the key is still to be brought over, in the order that is known so far. */
  versions: readonly Version[];
  ends: Map<number, Attempt | Unfinished>;
}

/** Answers why the key, or what is left of it, cannot be brought over; undefined where it was. */
async function bringOver(tools: CopyTools, key: KeyToCopy, work: Work): Promise<Cause | undefined> {
  const { ends } = work;
  let { there } = key;
  /** The source's own list, once it is asked for. It also tells which versions are restored. */
  let listed = tools.run.request.archived === 'restore' ? await listSource(tools, key, work) : undefined;
  let isStrict = tools.run.request.proof === 'strong';
  for (let changes = 0; changes < MOST_CHANGES;) {
    const { versions } = work;
    const sequence = await matchVersions(versions, there, (version, state) =>
      match(tools, key, ends, version, state, isStrict),
    );
    if (sequence.kind === 'end') return undefined;
    if (sequence.kind === 'beginning' && sequence.matched === versions.length) return undefined;
    // An inventory's times, in whole seconds, say neither how two versions of one second came, nor which are gone since,
    // nor which came later.
    if (!listed) {
      listed = await listSource(tools, key, work);
      continue;
    }
    if (sequence.kind === 'diverges') {
      const frozen = versions.filter((version) => isLeftOut(tools, version) && !ends.has(version.index));
      if (frozen.length === 0) return divergence(sequence.by);
      // What is archived and not to be restored is no part of the sequence.
      for (const { index } of frozen) ends.set(index, { kind: 'archived', row: index });
      work.versions = versions.filter((version) => !frozen.includes(version));
      continue;
    }
    // Something will be put on top: then size and time are not enough for what lies below.
    if (!isStrict && sequence.matched > 0) {
      isStrict = true;
      continue;
    }
    const top = there.at(-1);
    if (tools.run.request.engine === 'none') return nameMissing(tools, versions.slice(sequence.matched), ends);
    if (top && !isOurs(top, ends) && mayBeLater(top, versions, listed)) return divergence('other');
    if ((await putAll(tools, key, versions.slice(sequence.matched), top, ends)) === 'done') return undefined;
    changes += 1;
    there = await key.listAgain();
    // A null version may have been replaced at the source.
    listed = undefined;
  }
  return {
    cause: 'KeepsChanging',
    message: `The destination's versions changed ${MOST_CHANGES} times while they were being copied.`,
  };
}

/** Nobody copies them: what is archived and left out is no part of the sequence, all else was missed. */
function nameMissing(
  tools: CopyTools,
  missing: readonly Version[],
  ends: Map<number, Attempt | Unfinished>,
): undefined {
  for (const version of missing) {
    const { index } = version;
    ends.set(
      index,
      isLeftOut(tools, version)
        ? { kind: 'archived', row: index }
        : failed(index, 'Missing', 'The destination does not have this version on top of those below it.'),
    );
  }
}

/**
 * Whether what is current at the destination may be a version that the source got after the inventory: live replication
 * brought it, and an older one must not come to lie on it. A copy of ours is older than what came to the source later.
 */
function mayBeLater(top: VersionState, versions: readonly Version[], listed: readonly VersionState[]): boolean {
  const known = new Set(versions.map(({ row }) => versionIdOf(row)));
  const last = listed.findLastIndex(({ versionId }) => known.has(versionId));
  return listed.slice(last + 1).some((later) => {
    const isSame = later.isDeleteMarker ? top.isDeleteMarker : later.etag === top.etag && later.size === top.size;
    return later.versionId === top.versionId || (isSame && top.lastModified >= later.lastModified);
  });
}

function isOurs(top: VersionState, ends: ReadonlyMap<number, Attempt | Unfinished>): boolean {
  return [...ends.values()].some((end) => end.kind === 'sent' && end.version === top.versionId);
}

/** Whether a source version is what lies at its place at the destination. Puts what it learns among the ends. */
async function match(
  tools: CopyTools,
  { destinationKey }: KeyToCopy,
  ends: Map<number, Attempt | Unfinished>,
  { row, index }: Version,
  there: VersionState,
  isStrict: boolean,
): Promise<Match> {
  if (row.isDeleteMarker !== there.isDeleteMarker) return 'other';
  const identical = (etag: string, evidence: Evidence): Match => {
    ends.set(index, { kind: 'identical', row: index, etag, evidence, version: there.versionId });
    return 'same';
  };
  const own = ends.get(index);
  if (own?.kind === 'sent') return own.version === there.versionId ? 'same' : 'other';
  if (row.isDeleteMarker) return identical(DELETE_MARKER, 'etag');
  const item: RowToCopy = { row, index, versionId: versionIdOf(row), destinationKey, listed: there };
  let sides = firstSight(row, there, tools.run);
  for (;;) {
    const comparison = compare({ ...sides, isStrong: isStrict, asksChecksums: tools.run.request.engine === 'none' });
    if (comparison.kind === 'identical') return identical(there.etag, comparison.evidence);
    if (comparison.kind !== 'ask')
      return comparison.kind === 'differs' && comparison.by === 'unproved' ? 'unproved' : 'other';
    const seen = await look(tools, { ...item, thereVersionId: there.versionId }, sides, comparison.what);
    if (seen === 'gone') return 'other';
    sides = seen;
  }
}

/**
 * Puts the versions in the order in which the source lists them, and answers its list, the oldest first. Those that it lists
 * no more are gone, but for what lies at its place at the destination already.
 */
async function listSource({ pair, pace }: CopyTools, { sourceKey }: KeyToCopy, work: Work): Promise<VersionState[]> {
  const listed = (await pace.patiently(() => pair.sourceVersions(sourceKey), 'source')).toReversed();
  const byId = groupBy(work.versions, ({ row }) => versionIdOf(row));
  const found = listed.flatMap((state) =>
    (byId.get(state.versionId) ?? [])
      // A null version that was replaced is another one.
      .filter(({ row }) => row.isDeleteMarker || row.etag === '' || row.etag === state.etag)
      .map((version) => ({ ...version, archive: archiveOf(state) })),
  );
  const isListed = new Set(found.map(({ index }) => index));
  const unlisted = work.versions.filter(({ index }) => !isListed.has(index));
  const isThere = ({ index }: Version) => ['identical', 'sent'].includes(work.ends.get(index)?.kind ?? '');
  for (const version of unlisted)
    if (!isThere(version)) work.ends.set(version.index, { kind: 'gone', row: version.index });
  work.versions = [...unlisted.filter(isThere), ...found];
  return listed;
}

/** Puts versions on top, in order. Those above one that could not be put wait: an older one must not come to lie on them. */
async function putAll(
  tools: CopyTools,
  { destinationKey, listAgain }: KeyToCopy,
  missing: readonly Version[],
  top: VersionState | undefined,
  ends: Map<number, Attempt | Unfinished>,
): Promise<'done' | 'changed'> {
  let current = top && !top.isDeleteMarker ? top.etag : undefined;
  let below = top?.versionId;
  let holdsBack: Attempt | Unfinished | undefined;
  for (const { row, index, archive } of missing) {
    if (!holdsBack && tools.isLate()) holdsBack = { kind: 'unfinished', row: index };
    // All that is archived is asked for at once, not one after the other.
    if (holdsBack && !(holdsBack.kind === 'restoring' && archive === 'archived')) {
      ends.set(index, waiting(holdsBack, index));
      continue;
    }
    // S3 takes no condition for a marker where no object is: what came there since the listing would be hidden by it.
    if (row.isDeleteMarker && current === undefined && (await listAgain()).at(-1)?.versionId !== below)
      return 'changed';
    const versionId = versionIdOf(row);
    const item = { row, index, versionId, destinationKey, listed: undefined, onTop: { etag: current } };
    const end = await putVersion(tools, archive === undefined ? item : { ...item, archive });
    if (end === 'changed') return 'changed';
    if (end.kind === 'sent') {
      ends.set(index, { ...end, ...(below === undefined ? {} : { below }) });
      current = row.isDeleteMarker ? undefined : end.etag;
      below = end.version;
      continue;
    }
    ends.set(index, end);
    if (end.kind !== 'gone' && end.kind !== 'archived') holdsBack = end;
  }
  return 'done';
}

function waiting({ kind }: Attempt | Unfinished, row: number): Attempt | Unfinished {
  if (kind === 'unfinished' || kind === 'restoring') return { kind, row };
  return failed(
    row,
    ANOTHER_VERSION_FAILED,
    'An earlier version of this key could not be copied; it has to come first.',
  );
}

/** One end for each version: what became of it, or why none of the rest could be brought over, in this call or at all. */
function settle(
  versions: readonly Version[],
  ends: Map<number, Attempt | Unfinished>,
  failure?: Cause | 'unfinished',
): (Attempt | Unfinished)[] {
  if (failure)
    for (const { index } of versions) {
      // The key failed as a whole: what lies at its right place by chance proves nothing.
      const end = ends.get(index);
      if (!end || end.kind === 'identical')
        ends.set(
          index,
          failure === 'unfinished' ? { kind: 'unfinished', row: index } : failed(index, failure.cause, failure.message),
        );
    }
  return [...ends.values()];
}

function divergence(by: Exclude<Match, 'same'>): Cause {
  return by === 'unproved'
    ? {
        cause: 'Unproved',
        message: 'A version at the destination has the right size, and neither ETag nor checksum nor file proves it.',
      }
    : {
        cause: 'VersionsDiverge',
        message: "The destination's versions of this key are no beginning of the source's. They were left as they are.",
      };
}

function isLeftOut({ run }: CopyTools, { row, archive }: Version): boolean {
  const isCold = row.storageClass === 'GLACIER' || row.storageClass === 'DEEP_ARCHIVE' || archive === 'archived';
  return run.request.archived === 'skip' && isCold;
}

/** As S3's API wants it: an inventory has nothing for the null version. */
export function versionIdOf({ versionId }: Row): string {
  return versionId === '' ? 'null' : versionId;
}

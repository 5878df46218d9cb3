import type { Attempt } from '../../contracts/attempt.js';
import type { Evidence } from '../../contracts/outcome.js';
import type { Row } from '../../contracts/row.js';
import { compare } from '../compare/compare.js';
import type { ObjectHead, VersionState } from '../ports.js';
import { archiveOf } from './archives.js';
import { failed } from './attempt-of.js';
import type { CopyTools, RowToCopy, Unfinished } from './copy-row.js';
import { DELETE_MARKER, putVersion } from './put-version.js';
import { look } from './look.js';
import { matchVersions, type Match } from './match-versions.js';
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
  destinationKey: string;
  /** The destination's, the oldest first. */
  there: readonly VersionState[];
  /** The same, as it is now. */
  listAgain: () => Promise<VersionState[]>;
}

/**
 * Brings over the versions and delete markers of one key, one after the other, on top of what the destination has of them.
 * Where that is no beginning of the source's, nothing is written: the key is `VersionsDiverge`. Never throws for what S3
 * says of a version: that becomes its attempt, and those above it wait for another pass.
 */
export async function copyVersions(tools: CopyTools, key: KeyToCopy): Promise<(Attempt | Unfinished)[]> {
  const ends = new Map<number, Attempt | Unfinished>();
  let { versions, there } = key;
  // The source's own list also tells which versions are restored.
  let inTrueOrder = versions.length === 1 && tools.run.request.archived === 'skip';
  for (let changes = 0; changes < MOST_CHANGES;) {
    const sequence = await matchVersions(versions, there, (version, state) => match(tools, key, ends, version, state));
    const isComplete =
      sequence.kind === 'end' || (sequence.kind === 'beginning' && sequence.matched === versions.length);
    if (isComplete) return settle(versions, ends);
    // An inventory's times, in whole seconds, say neither how two versions of one second came, nor which are gone since.
    if (!inTrueOrder) {
      versions = await inSourceOrder(tools, versions, ends);
      inTrueOrder = true;
      continue;
    }
    if (sequence.kind === 'diverges') {
      const frozen = versions.filter((version) => isLeftOut(tools, version) && !ends.has(version.index));
      if (frozen.length === 0) return settle(versions, ends, divergence(sequence.by));
      // What is archived and not to be restored is no part of the sequence.
      for (const { index } of frozen) ends.set(index, { kind: 'archived', row: index });
      versions = versions.filter((version) => !frozen.includes(version));
      continue;
    }
    const missing = versions.slice(sequence.matched);
    if ((await putAll(tools, key, missing, there.at(-1), ends)) === 'done') return settle(versions, ends);
    changes += 1;
    there = await key.listAgain();
  }
  return settle(versions, ends, {
    cause: 'KeepsChanging',
    message: `The destination's versions changed ${MOST_CHANGES} times while they were being copied.`,
  });
}

/** Whether a source version is what lies at its place at the destination. Puts what it learns among the ends. */
async function match(
  tools: CopyTools,
  { destinationKey }: KeyToCopy,
  ends: Map<number, Attempt | Unfinished>,
  { row, index }: Version,
  there: VersionState,
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
    const comparison = compare({ ...sides, isStrong: tools.run.request.proof === 'strong' });
    if (comparison.kind === 'identical') return identical(there.etag, comparison.evidence);
    if (comparison.kind !== 'ask')
      return comparison.kind === 'differs' && comparison.by === 'unproved' ? 'unproved' : 'other';
    const seen = await look(tools, { ...item, thereVersionId: there.versionId }, sides, comparison.what);
    if (seen === 'gone') return 'other';
    sides = seen;
  }
}

/** The versions as the source lists them now, the oldest first; those that it lists no more are gone. */
async function inSourceOrder(
  { pair, pace }: CopyTools,
  versions: readonly Version[],
  ends: Map<number, Attempt | Unfinished>,
): Promise<Version[]> {
  const key = versions[0]?.row.key ?? '';
  const listed = (await pace.patiently(() => pair.sourceVersions(key))).toReversed();
  const byId = new Map(versions.map((version) => [versionIdOf(version.row), version]));
  const found = listed.flatMap((state) => {
    const version = byId.get(state.versionId);
    return version ? { ...version, archive: archiveOf(state) } : [];
  });
  const there = new Set(found.map(({ index }) => index));
  for (const { index } of versions) if (!there.has(index)) ends.set(index, { kind: 'gone', row: index });
  return found;
}

/** Puts versions on top, in order. Those above one that could not be put wait: an older one must not come to lie on them. */
async function putAll(
  tools: CopyTools,
  { destinationKey }: KeyToCopy,
  missing: readonly Version[],
  top: VersionState | undefined,
  ends: Map<number, Attempt | Unfinished>,
): Promise<'done' | 'changed'> {
  let current = top && !top.isDeleteMarker ? top.etag : undefined;
  let below = top?.versionId;
  let holdsBack: Attempt | Unfinished | undefined;
  for (const { row, index, archive } of missing) {
    if (!holdsBack && tools.isLate()) holdsBack = { kind: 'unfinished', row: index };
    if (holdsBack) {
      ends.set(index, waiting(holdsBack, index));
      continue;
    }
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

function waiting(for_: Attempt | Unfinished, row: number): Attempt | Unfinished {
  if (for_.kind === 'unfinished' || for_.kind === 'restoring') return { kind: for_.kind, row };
  return failed(
    row,
    ANOTHER_VERSION_FAILED,
    'An earlier version of this key could not be copied; it has to come first.',
  );
}

/** One end for each version: what became of it, or why none of the rest could be brought over. */
function settle(
  versions: readonly Version[],
  ends: Map<number, Attempt | Unfinished>,
  failure?: { cause: string; message: string },
): (Attempt | Unfinished)[] {
  if (failure)
    for (const { index } of versions) {
      // The key failed as a whole: what lies at its right place by chance proves nothing.
      const end = ends.get(index);
      if (!end || end.kind === 'identical') ends.set(index, failed(index, failure.cause, failure.message));
    }
  return [...ends.values()];
}

function divergence(by: Exclude<Match, 'same'>): { cause: string; message: string } {
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

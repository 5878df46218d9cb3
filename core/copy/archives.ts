import type { Row } from '../../contracts/row.js';
import { walkVersionsBeside } from '../compare/walk-versions.js';
import { walkBeside } from '../compare/walk.js';
import type { BucketPair, ObjectHead, SourceState, VersionMarker } from '../ports.js';
import type { Pace } from './pace.js';

/** Whether objects of a class may have to be restored before they can be read; empty where it is not known. */
export function mayBeArchived(storageClass: string): boolean {
  return ['GLACIER', 'DEEP_ARCHIVE', 'INTELLIGENT_TIERING', ''].includes(storageClass);
}

/** What a listing of the source says of archived rows, by their index; rows that it says nothing of have no entry. */
export async function archivesOf(
  pair: BucketPair,
  pace: Pace,
  prefix: string,
  indexes: readonly number[],
  rows: readonly Row[],
): Promise<ReadonlyMap<number, ObjectHead['archive']>> {
  const archives = new Map<number, ObjectHead['archive']>();
  const list = (after: string) => pace.patiently(() => pair.listSource(prefix, after), 'source');
  for await (const batch of walkBeside(indexes, (index) => rows[index]?.key ?? '', { list }))
    for (const { row: index, listed } of batch) if (listed) archives.set(index, archiveOf(listed));
  return archives;
}

/** The same of rows that name a version, `null` too, by a listing of versions. */
export async function archivesOfVersions(
  pair: BucketPair,
  pace: Pace,
  prefix: string,
  indexes: readonly number[],
  rows: readonly Row[],
): Promise<ReadonlyMap<number, ObjectHead['archive']>> {
  const archives = new Map<number, ObjectHead['archive']>();
  const list = (after: VersionMarker) => pace.patiently(() => pair.listSourceVersions(prefix, after), 'source');
  for await (const { item: index, versions } of walkVersionsBeside(indexes, (each) => rows[each]?.key ?? '', list)) {
    const listed = versions.find(({ versionId }) => versionId === rows[index]?.versionId);
    if (listed) archives.set(index, archiveOf(listed));
  }
  return archives;
}

/** Of what Intelligent-Tiering archived, a listing tells only that it is being restored. */
export function archiveOf({
  storageClass,
  restore,
}: Pick<SourceState, 'storageClass' | 'restore'>): ObjectHead['archive'] {
  if (restore !== undefined) return restore === 'inProgress' ? 'restoring' : 'restored';
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE' ? 'archived' : 'none';
}

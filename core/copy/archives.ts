import type { Row } from '../../contracts/row.js';
import { walkBeside } from '../compare/walk.js';
import type { BucketPair, ObjectHead, SourceState } from '../ports.js';
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

/** Of what Intelligent-Tiering archived, a listing tells only that it is being restored. */
export function archiveOf({
  storageClass,
  restore,
}: Pick<SourceState, 'storageClass' | 'restore'>): ObjectHead['archive'] {
  if (restore !== undefined) return restore === 'inProgress' ? 'restoring' : 'restored';
  return storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE' ? 'archived' : 'none';
}

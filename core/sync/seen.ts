import type { Carried, Seen, Side, SyncRecord } from '../../contracts/live.js';
import type { ObjectHead } from '../ports.js';

/** What is put on file of what is there. */
export function seenOf(head: ObjectHead | undefined): Seen {
  if (!head) return 'gone';
  const { etag, lastModified } = head;
  return { etag, ...versionOf(head), modified: lastModified };
}

/** The same of what is about to be carried: enough to know its copy by, whatever becomes of the object itself. */
export function carriedOf(head: ObjectHead): Carried {
  const { etag, lastModified, size, etagKind, checksums } = head;
  return { etag, ...versionOf(head), modified: lastModified, size, etagKind, checksums: [...checksums] };
}

/**
 * Whether what is there is what is on file. By its version where both have one; by its time where it is on file: S3's answer
 * to a write does not tell it.
 */
export function isSeen(
  head: Pick<ObjectHead, 'etag' | 'lastModified' | 'versionId'> | undefined,
  onFile: Seen,
): boolean {
  if (onFile === 'gone' || !head) return onFile === 'gone' && !head;
  if (head.etag !== onFile.etag) return false;
  const { versionId } = versionOf(head);
  if (versionId !== undefined && onFile.versionId !== undefined && versionId !== onFile.versionId) return false;
  return onFile.modified === undefined || onFile.modified === head.lastModified;
}

/** `null` is what an object is called that is no version, whether or not S3 says so. */
export function versionOf({ versionId }: { versionId?: string | undefined }): { versionId?: string } {
  return versionId === undefined || versionId === 'null' ? {} : { versionId };
}

/** What both sides have, as it is put on file: `there` at the side that was written, `here` at the other one. */
export function together(to: Side, there: Seen, here: Seen): NonNullable<SyncRecord['synced']> {
  return to === 'destination' ? { source: here, destination: there } : { source: there, destination: here };
}

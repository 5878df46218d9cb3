import type { StoredObject } from './stored-object.js';

/** Where S3 Intelligent-Tiering keeps an object that nobody asked for in a long time. Its storage class stays what it is. */
export type ArchiveTier = 'ARCHIVE_ACCESS' | 'DEEP_ARCHIVE_ACCESS';

/** What an object has to be restored from before it can be read. */
export type Archive = 'GLACIER' | 'DEEP_ARCHIVE' | ArchiveTier;

export type RetrievalTier = 'Expedited' | 'Standard' | 'Bulk';

/** A restore that was asked for. Times in milliseconds since the epoch. */
export interface Restore {
  readonly tier: RetrievalTier;
  /** How long the restored copy is kept; undefined where the object moves back for good (Intelligent-Tiering). */
  readonly days: number | undefined;
  readonly requestedAt: number;
  readonly completesAt: number;
  readonly expiresAt: number | undefined;
}

/** What stands between an object and its readers, at one moment. */
export type ArchiveState =
  | { kind: 'active' }
  | { kind: 'archived'; archive: Archive }
  | { kind: 'restoring'; archive: Archive; restore: Restore }
  | { kind: 'restored'; archive: Archive; expiresAt: number };

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * How long a retrieval takes, in milliseconds: the longest that AWS calls typical. What is not there is refused.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
export const RETRIEVAL_TIMES: Readonly<Record<Archive, { readonly [Tier in RetrievalTier]?: number }>> = {
  GLACIER: { Expedited: HOUR / 12, Standard: 5 * HOUR, Bulk: 12 * HOUR },
  DEEP_ARCHIVE: { Standard: 12 * HOUR, Bulk: 48 * HOUR },
  ARCHIVE_ACCESS: { Expedited: HOUR / 12, Standard: 5 * HOUR, Bulk: 12 * HOUR },
  DEEP_ARCHIVE_ACCESS: { Standard: 12 * HOUR, Bulk: 48 * HOUR },
};

/** Nothing happens when a restore completes or expires: whoever looks, sees by the time what has become of it. */
export function archiveState({ storageClass, archiveTier, restore }: StoredObject, now: number): ArchiveState {
  const archive = storageClass === 'GLACIER' || storageClass === 'DEEP_ARCHIVE' ? storageClass : archiveTier;
  if (archive === undefined) return ACTIVE;
  if (restore === undefined) return { kind: 'archived', archive };
  if (now < restore.completesAt) return { kind: 'restoring', archive, restore };
  if (restore.expiresAt === undefined) return ACTIVE;
  return now < restore.expiresAt
    ? { kind: 'restored', archive, expiresAt: restore.expiresAt }
    : { kind: 'archived', archive };
}

const ACTIVE: ArchiveState = { kind: 'active' };

/** Whether the bytes of an object can be had now. */
export function isReadable(object: StoredObject, now: number): boolean {
  const { kind } = archiveState(object, now);
  return kind === 'active' || kind === 'restored';
}

/**
 * When a restored copy goes: so many days after `from`, then rounded up to the next midnight (UTC).
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/archived-objects.html
 * A guess: from midnight itself it is the next one too.
 */
export function expiryOf(from: number, days: number): number {
  return (Math.floor(from / DAY) + days + 1) * DAY;
}

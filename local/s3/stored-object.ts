import type { AccessControlList } from './acl.js';
import type { ArchiveTier, Restore } from './archive.js';
import type { Content } from './content.js';
import type { Encryption } from './encryption/encryption.js';
import type { ObjectLock } from './object-lock.js';
import type { ReplicationState } from './replication/replication-state.js';
import { S3Error } from './s3-error.js';

/** What a client says of an object beside its bytes. Shared by copies that change none of it. */
export interface ObjectDescription {
  /** Content headers, user metadata (`x-amz-meta-…`) and the website redirect, as GET and HEAD give them back. */
  readonly headers: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

/** An object as the store holds it. Never changed: what writes an object puts a new one in its place. */
export interface StoredObject {
  readonly content: Content;
  readonly description: ObjectDescription;
  readonly storageClass: StorageClass;
  /** Milliseconds since the epoch, whole seconds as S3 keeps them. */
  readonly lastModified: number;
  /** Absent for the null version: of a bucket without versioning, or written before it, or while it was suspended. */
  readonly versionId?: string;
  /** Only where it is not SSE-S3. */
  readonly encryption?: Encryption;
  // What few objects have is there only on those: a million plain objects stay small.
  /** Where Intelligent-Tiering has archived it. */
  readonly archiveTier?: ArchiveTier;
  /** The last restore that was asked for. */
  readonly restore?: Restore;
  /** What Object Lock holds it with. */
  readonly lock?: ObjectLock;
  /** Where it is not just the owner's. */
  readonly acl?: AccessControlList;
  /** Where it stands in replication. */
  readonly replication?: ReplicationState;
}

const STORAGE_CLASSES = [
  'STANDARD',
  'REDUCED_REDUNDANCY',
  'STANDARD_IA',
  'ONEZONE_IA',
  'INTELLIGENT_TIERING',
  'GLACIER',
  'DEEP_ARCHIVE',
  'GLACIER_IR',
] as const;

export type StorageClass = (typeof STORAGE_CLASSES)[number];

/** @throws S3Error `InvalidStorageClass` */
export function parseStorageClass(name: string | undefined): StorageClass {
  const known = STORAGE_CLASSES.find((storageClass) => storageClass === (name ?? 'STANDARD'));
  if (known === undefined) throw new S3Error('InvalidStorageClass', { StorageClassRequested: name ?? '' });
  return known;
}

/** Times of objects have no fraction of a second, in lists and headers alike. */
export const wholeSeconds = (milliseconds: number) => Math.floor(milliseconds / 1000) * 1000;

export const DEFAULT_CONTENT_TYPE = 'binary/octet-stream';

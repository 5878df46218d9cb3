import type { ChecksumAlgorithm, ChecksumType } from './checksums.js';
import type { Content, SourcePart } from './content.js';
import type { Encryption } from './encryption/encryption.js';
import type { Held } from './held.js';
import type { ObjectDescription, StorageClass } from './stored-object.js';

/** A part as it was uploaded. */
export interface UploadedPart extends SourcePart {
  readonly lastModified: number;
}

/** An upload under way. What its object will be is fixed when it begins, its time of modification too. */
export interface MultipartUpload {
  readonly id: string;
  readonly key: string;
  readonly initiatedAt: number;
  readonly description: ObjectDescription;
  readonly storageClass: StorageClass;
  /** Of all its parts, and of the object. */
  readonly encryption: Encryption;
  readonly held: Held | undefined;
  /** `listed`: the client chose it, so parts and lists show it; else it is S3's own default. */
  readonly checksum: { algorithm: ChecksumAlgorithm; type: ChecksumType; listed: boolean };
  /** What its key held when it began: a condition at its end holds only if that is still there, or still not. */
  readonly replaces: Content | undefined;
  readonly parts: Map<number, UploadedPart>;
}

/** All parts but the last must have this many bytes. */
export const MIN_PART_SIZE = 5 * 1024 * 1024;
export const MAX_PART_NUMBER = 10_000;
/** The largest part, single upload, and source of one copy. */
export const MAX_SINGLE_SIZE = 5 * 1024 ** 3;

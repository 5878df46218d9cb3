import { splitUri } from '../../../core/prepare/manifest/read-inventory.js';
import type { EmbeddedS3, ObjectSummary } from '../../s3/embedded-s3.js';
import { type CallerStorage, StorageDenied } from '../../s3/caller-storage.js';
import { QueryFailure } from '../query-failure.js';

/** An object that a query reads. */
export interface SourceObject {
  bucket: string;
  key: string;
  body: Buffer;
  size: number;
  /** Another one once the object is another. */
  identity: string;
}

/** S3 as a query reads it, for its caller. */
export class DataSource {
  readonly #s3: EmbeddedS3;
  readonly #storage: CallerStorage;
  readonly #listed = new Set<string>();

  constructor(s3: EmbeddedS3, storage: CallerStorage) {
    this.#s3 = s3;
    this.#storage = storage;
  }

  /** The objects at a location, but for those whose name, or a folder's below it, begins with `_` or `.`. @throws QueryFailure */
  list(location: string): (Pick<ObjectSummary, 'key' | 'size'> & { bucket: string })[] {
    const { bucket, key: prefix } = splitUri(location);
    if (!this.#s3.hasBucket(bucket))
      throw new QueryFailure(`PERMISSION_DENIED: The specified bucket does not exist (Path: ${location})`);
    const objects = [...this.#s3.listObjects(bucket, prefix)]
      .filter(({ key }) => !/(?:^|\/)[_.]/.test(key.slice(prefix.length)))
      .map(({ key, size }) => ({ bucket, key, size }));
    if (objects.length > 0) this.mayList(location);
    return objects;
  }

  /** Asks about the listing of a location, once. @throws QueryFailure */
  mayList(location: string): void {
    if (this.#listed.has(location)) return;
    this.#listed.add(location);
    const { bucket, key: prefix } = splitUri(location);
    denied(location, () => {
      this.#storage.check('s3:GetBucketLocation', bucket);
      this.#storage.check('s3:ListBucket', bucket, '', { 's3:prefix': prefix });
    });
  }

  /** @throws QueryFailure */
  read({ bucket, key }: { bucket: string; key: string }): SourceObject {
    const path = `s3://${bucket}/${key}`;
    const object = denied(path, () => this.#storage.get(bucket, key));
    if (!object)
      throw new QueryFailure(
        `HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split ${path}: The specified key does not exist.`,
      );
    if (object.restore.kind === 'archived' || object.restore.kind === 'restoring')
      throw new QueryFailure(
        `HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split ${path}: The operation is not valid for the object's storage class`,
      );
    const { body, size, etag, lastModified } = object;
    return { bucket, key, body, size, identity: JSON.stringify([bucket, key, etag, size, lastModified]) };
  }
}

function denied<Result>(path: string, act: () => Result): Result {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof StorageDenied)) throw error;
    throw new QueryFailure(`Permission denied on S3 path: ${path}. ${error.message}`, { type: 1003, cause: error });
  }
}

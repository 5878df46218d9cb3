import { readAcl } from './acl-headers.js';
import type { Bucket } from './bucket.js';
import { readLock } from './object-lock-headers.js';
import type { S3Call } from './s3-call.js';
import type { StoredObject } from './stored-object.js';

/** What few objects have beside their bytes and description. */
export type Held = Pick<StoredObject, 'archiveTier' | 'lock' | 'acl'>;

/** What the headers of a request, and its bucket's defaults, give to a new object. @throws S3Error as `readLock` and `readAcl` */
export function readHeld(call: S3Call, bucket: Bucket): Held | undefined {
  return heldOf({ lock: readLock(call, bucket), acl: readAcl(call, bucket) });
}

/** Without what is undefined; undefined where nothing is left. */
export function heldOf(held: { [Name in keyof Held]?: Held[Name] | undefined }): Held | undefined {
  const entries = Object.entries(held).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? undefined : (Object.fromEntries(entries) as Held);
}

/** A plain object stays the very literal that it is: a spread, even of nothing, takes 24 bytes more, and there are a million. */
export function withHeld(object: StoredObject, held: Held | undefined): StoredObject {
  return held ? { ...object, ...held } : object;
}

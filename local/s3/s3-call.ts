import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.js';
import type { Caller } from '../access/principals.js';
import type { S3Access } from './access.js';
import type { Body } from './body.js';
import type { Bucket } from './bucket.js';
import type { KeyUse } from './encryption/key-use.js';
import type { KmsKeys } from './encryption/kms-keys.js';
import { type Use, deleteMarkerError, findVersion } from './find-version.js';
import type { InventoryOptions } from './inventory-files.js';
import type { S3Event } from './notifications.js';
import type { Payload } from './payload.js';
import type { Replicator } from './replication/replicator.js';
import { S3Error } from './s3-error.js';
import { type StoredObject, wholeSeconds } from './stored-object.js';
import { isDeleteMarker } from './versioned-objects.js';

/** What all operations share: the buckets, whose they are, where and when. */
export interface S3Service {
  readonly buckets: Map<string, Bucket>;
  readonly clock: Clock;
  readonly region: string;
  /** Of buckets and signers that belong to no other: twelve digits. */
  readonly accountId: string;
  /** The account's canonical user id: 64 hex digits. */
  readonly ownerId: string;
  /** The keys that S3 may encrypt with. */
  readonly kms: KmsKeys;
  /** By which objects are put and changed, since a bucket may replicate them. */
  readonly replicator: Replicator;
  /** Tells EventBridge of something; nobody waits for it. */
  notify(event: S3Event): void;
  /** Delivers an inventory of a bucket as it is now. */
  deliverInventory(options: InventoryOptions, format: 'CSV' | 'Parquet'): Promise<void>;
}

/** One request, named and checked: who signed it is known to be allowed. */
export interface S3Call {
  readonly service: S3Service;
  readonly method: string;
  /** Empty where the request names none. */
  readonly bucketName: string;
  /** Decoded; empty where the request names none. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  /** Who signed it. */
  readonly caller: Caller;
  /** As the answer names it, in `x-amz-request-id`. */
  readonly requestId: string;
  /** Where it came from. */
  readonly sourceIp: string;
  /** Asks whether the signer of this request may do a thing. @returns the refusal where not */
  refusal(access: S3Access): S3Error | undefined;
  /** Asks whether the signer may hand a role to S3. @returns the refusal where not */
  passRoleRefusal(roleArn: string): S3Error | undefined;
  /** Asks whether the signer may use a key of KMS. @returns the refusal where not */
  keyRefusal(use: KeyUse): S3Error | undefined;
  /** Reads the body and checks it against every digest that came with it. */
  payload(): Promise<Payload>;
}

/** Names in lower case. Status, length and request ids are added when it is sent. */
export interface S3Answer {
  status: number;
  headers?: Iterable<readonly [name: string, value: string]>;
  /** A string is XML. */
  body?: string | Body;
  /** The length to announce where no body is sent (HEAD). */
  contentLength?: number;
}

export type Operation = (call: S3Call) => S3Answer | Promise<S3Answer>;

/** @throws S3Error `NoSuchBucket`, or `AccessDenied` where the request expects another owner. */
export function bucketOf(call: S3Call, name = call.bucketName, ownerHeader = 'x-amz-expected-bucket-owner'): Bucket {
  const bucket = call.service.buckets.get(name);
  if (!bucket) throw new S3Error('NoSuchBucket', { BucketName: name });
  const expected = header(call, ownerHeader);
  if (expected !== undefined && expected !== accountOf(bucket, call.service)) {
    if (!/^\d{12}$/.test(expected))
      throw new S3Error(
        'InvalidArgument',
        {},
        'The value of the expected bucket owner parameter must be an AWS account ID',
      );
    throw new S3Error('AccessDenied');
  }
  return bucket;
}

/** Whose a bucket is. */
export const accountOf = (bucket: Bucket | undefined, { accountId }: Pick<S3Service, 'accountId'>) =>
  bucket?.accountId ?? accountId;

/**
 * The object that a request names, or another one of that bucket: its current version, or the one with a version id.
 * @param use what becomes of it; a delete marker in its place is refused accordingly
 * @throws S3Error `NoSuchKey`, `NoSuchVersion`; `AccessDenied` instead where the caller may not list, and so may not learn what is missing;
 *   `MethodNotAllowed`, `InvalidRequest` where it is a delete marker; `InvalidArgument` where the version id is none
 */
export function objectOf(
  call: S3Call,
  bucket: Bucket,
  { key, versionId }: { key: string; versionId?: string | undefined } = {
    key: call.key,
    versionId: call.query.get('versionId'),
  },
  use: Use = 'reads',
): StoredObject {
  const version = findVersion(bucket.objects, key, versionId);
  if (version && !isDeleteMarker(version)) return version;
  const refusal = version && versionId !== undefined ? undefined : call.refusal(listing(bucket));
  if (refusal) throw refusal;
  if (version) throw deleteMarkerError(version, { key, versionId, method: call.method, use });
  throw versionId === undefined
    ? new S3Error('NoSuchKey', { Key: key })
    : new S3Error('NoSuchVersion', { Key: key, VersionId: versionId });
}

const listing = ({ name }: Bucket): S3Access => ({ action: 's3:ListBucket', bucket: name, key: '' });

/** A header that comes once. */
export function header(call: S3Call, name: string): string | undefined {
  const value = call.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** The time that a write gets. */
export const modificationTime = (call: S3Call) => wholeSeconds(call.service.clock.now());

export const quoted = (etag: string) => `"${etag}"`;

/** `2015-10-21T07:28:00.000Z`. Remembered, since a listing asks for the same few seconds over and over, and making it costs 1 µs. */
export function isoTime(milliseconds: number): string {
  const known = isoTimes.get(milliseconds);
  if (known !== undefined) return known;
  const text = new Date(milliseconds).toISOString();
  if (isoTimes.size > 10_000) isoTimes.clear();
  isoTimes.set(milliseconds, text);
  return text;
}

const isoTimes = new Map<number, string>();

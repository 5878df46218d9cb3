import type { Bucket } from './bucket.js';
import { type LockMode, type ObjectLock, type Retention, defaultRetention } from './object-lock.js';
import { type S3Call, header, isoTime } from './s3-call.js';
import { S3Error } from './s3-error.js';
import type { StoredObject } from './stored-object.js';

const MODE = 'x-amz-object-lock-mode';
const UNTIL = 'x-amz-object-lock-retain-until-date';
const HOLD = 'x-amz-object-lock-legal-hold';

/**
 * What a new object is locked with: by the headers of its request, else by its bucket's default.
 * A copy is locked as its own request says; nothing of its source's lock comes along.
 * @throws S3Error `InvalidArgument`, `InvalidRequest` where the bucket has no Object Lock
 */
export function readLock(call: S3Call, { objectLock }: Bucket): ObjectLock | undefined {
  const now = call.service.clock.now();
  const asked = readRetention(call, now);
  const legalHold = readHold(header(call, HOLD));
  if (!objectLock) {
    if (asked || legalHold !== undefined) throw missingConfiguration();
    return undefined;
  }
  const retention = asked ?? defaultRetention(objectLock, now);
  if (!retention && legalHold === undefined) return undefined;
  return { ...retention, ...(legalHold !== undefined && { legalHold }) };
}

/** The headers of GET and HEAD, as far as their caller may know. Most objects have none. */
export function lockHeaders(call: S3Call, { lock }: StoredObject): readonly (readonly [string, string])[] {
  if (!lock) return NONE;
  const may = (action: string) => !call.refusal({ action, bucket: call.bucketName, key: call.key });
  const headers: [string, string][] = [];
  if (lock.mode !== undefined && may('s3:GetObjectRetention'))
    headers.push([MODE, lock.mode], [UNTIL, isoTime(lock.retainUntil)]);
  if (lock.legalHold !== undefined && may('s3:GetObjectLegalHold')) headers.push([HOLD, onOff(lock.legalHold)]);
  return headers;
}

const NONE: readonly (readonly [string, string])[] = [];

/** Bytes that are to be kept have to bring a digest. That a bucket's default retention asks for it too is a guess. */
export function checkDigest(call: S3Call, lock: ObjectLock | undefined, checksum: unknown, what: 'Object' | 'Part') {
  if (lock === undefined || checksum !== undefined || header(call, 'content-md5') !== undefined) return;
  throw new S3Error(
    'InvalidRequest',
    {},
    `Content-MD5 OR x-amz-checksum- HTTP header is required for Put ${what} requests with Object Lock parameters`,
  );
}

export const missingConfiguration = () =>
  new S3Error('InvalidRequest', {}, 'Bucket is missing Object Lock Configuration');

export const onOff = (legalHold: boolean) => (legalHold ? 'ON' : 'OFF');

/** A date and a time with a zone, ISO 8601, that is still to come. @throws S3Error `InvalidArgument` */
export function readFutureDate(text: string, name: string, now: number): number {
  const argument = { ArgumentName: name, ArgumentValue: text };
  const time = ISO_8601.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time))
    throw new S3Error('InvalidArgument', argument, 'The retain until date must be provided in ISO 8601 format');
  if (time <= now) throw new S3Error('InvalidArgument', argument, 'The retain until date must be in the future!');
  return time;
}

const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/;

export const isLockMode = (text: string): text is LockMode => text === 'GOVERNANCE' || text === 'COMPLIANCE';

function readRetention(call: S3Call, now: number): Retention | undefined {
  const [mode, until] = [header(call, MODE), header(call, UNTIL)];
  if (mode === undefined && until === undefined) return undefined;
  if (mode === undefined || until === undefined)
    throw new S3Error(
      'InvalidArgument',
      { ArgumentName: mode === undefined ? MODE : UNTIL },
      'x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied',
    );
  if (!isLockMode(mode))
    throw new S3Error('InvalidArgument', { ArgumentName: MODE, ArgumentValue: mode }, 'Unknown wormMode directive.');
  return { mode, retainUntil: readFutureDate(until, UNTIL, now) };
}

function readHold(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text === 'ON' || text === 'OFF') return text === 'ON';
  throw new S3Error(
    'InvalidArgument',
    { ArgumentName: HOLD, ArgumentValue: text },
    "Legal Hold must be either of 'ON' or 'OFF'",
  );
}

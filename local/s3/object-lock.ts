import { type S3Call, header } from './s3-call.js';
import { S3Error } from './s3-error.js';

export type LockMode = 'GOVERNANCE' | 'COMPLIANCE';

/** Until when an object is kept, in milliseconds since the epoch, and how strictly. */
export interface Retention {
  readonly mode: LockMode;
  readonly retainUntil: number;
}

/** What S3 Object Lock holds an object with. `legalHold` is absent where there never was one. */
export type ObjectLock = (Retention | { readonly mode?: never; readonly retainUntil?: never }) & {
  readonly legalHold?: boolean;
};

/** Object Lock of a bucket: what new objects are locked with that bring nothing of their own. */
export interface LockConfiguration {
  readonly defaultRetention?: { readonly mode: LockMode; readonly unit: 'Days' | 'Years'; readonly count: number };
}

/** The default retention of an object that is made at `now`. That a year is 365 days is a guess. */
export function defaultRetention({ defaultRetention: rule }: LockConfiguration, now: number): Retention | undefined {
  if (!rule) return undefined;
  const days = rule.unit === 'Days' ? rule.count : rule.count * 365;
  return { mode: rule.mode, retainUntil: now + days * 86_400_000 };
}

/** Why a version may not be removed now, by this request: `AccessDenied`. */
export function removalRefusal(call: S3Call, key: string, lock: ObjectLock | undefined): S3Error | undefined {
  if (!lock) return undefined;
  const mode = modeInForce(lock, call);
  if (lock.legalHold || mode === 'COMPLIANCE') return protectedError();
  return mode === undefined ? undefined : bypassRefusal(call, key);
}

/**
 * A retention that holds may be made longer or stricter, by whoever may set one; shorter or laxer only where its mode is GOVERNANCE
 * and the request bypasses it. That GOVERNANCE becomes COMPLIANCE without a bypass is a guess.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
 * @returns `AccessDenied` where it may not
 */
export function retentionRefusal(
  call: S3Call,
  lock: ObjectLock | undefined,
  next: Retention | undefined,
): S3Error | undefined {
  const mode = lock && modeInForce(lock, call);
  if (mode === undefined) return undefined;
  const isWeaker =
    next === undefined ||
    next.retainUntil < (lock?.retainUntil ?? 0) ||
    (mode === 'COMPLIANCE' && next.mode === 'GOVERNANCE');
  if (!isWeaker) return undefined;
  return mode === 'COMPLIANCE' ? protectedError() : bypassRefusal(call, call.key);
}

/** The mode of a retention that is not over. */
function modeInForce({ mode, retainUntil }: ObjectLock, { service }: S3Call): LockMode | undefined {
  return mode !== undefined && retainUntil > service.clock.now() ? mode : undefined;
}

/** The bypass has to be asked for, and allowed. */
function bypassRefusal(call: S3Call, key: string): S3Error | undefined {
  if (header(call, 'x-amz-bypass-governance-retention')?.toLowerCase() !== 'true') return protectedError();
  return call.refusal({ action: 's3:BypassGovernanceRetention', bucket: call.bucketName, key });
}

const protectedError = () => new S3Error('AccessDenied', {}, 'Access Denied because object protected by object lock.');

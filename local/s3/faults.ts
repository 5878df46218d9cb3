import { Faults, type FaultTimes } from '../fault-plan.js';
import type { OperationName } from './router.js';
import type { S3ErrorCode } from './s3-error.js';

/** A request as faults see it. */
export interface FaultRequest {
  operation: OperationName;
  bucket: string;
  key: string;
  /** The key that CopyObject and UploadPartCopy read. */
  sourceKey?: string;
}

/** What happens to a request that a fault strikes. */
export type Effect =
  /** Answered with this error; nothing is done. */
  | { error: S3ErrorCode }
  /** Answered 200 with an `<Error>` in its body, as copies and completions may be; nothing is done. */
  | { errorIn200: S3ErrorCode }
  /** The connection is closed: before anything is done, or after it, so that only the answer is lost. */
  | { drop: 'before' | 'after' }
  /** Something else happens first; then the request is served as always. */
  | { call: (request: FaultRequest) => void | Promise<void> };

export interface Fault extends FaultTimes {
  operation?: OperationName | readonly OperationName[];
  bucket?: string;
  key?: string | ((key: string) => boolean);
  /** The source's key of CopyObject and UploadPartCopy; other requests have none and do not match. */
  sourceKey?: string | ((key: string) => boolean);
  effect: Effect;
}

/** The faults that requests meet. */
export class FaultPlan extends Faults<Fault, FaultRequest> {
  constructor() {
    super(matches);
  }
}

function matches(fault: Fault, { operation, bucket, key, sourceKey }: FaultRequest): boolean {
  return (
    (fault.operation === undefined || [fault.operation].flat().includes(operation)) &&
    (fault.bucket === undefined || fault.bucket === bucket) &&
    matchesKey(fault.key, key) &&
    matchesKey(fault.sourceKey, sourceKey)
  );
}

function matchesKey(wanted: Fault['key'], key: string | undefined): boolean {
  if (wanted === undefined) return true;
  return key !== undefined && (typeof wanted === 'string' ? wanted === key : wanted(key));
}

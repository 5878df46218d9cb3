import { partitionOf } from '../../contracts/partition.js';
import { randomUUID } from 'node:crypto';
import type { Bucket } from './bucket.js';
import type { Deletion } from './delete-version.js';
import type { S3Call, S3Service } from './s3-call.js';
import { accountOf } from './s3-call.js';
import type { StoredObject } from './stored-object.js';

/** What S3 tells EventBridge of. */
export interface S3Event {
  version: '0';
  id: string;
  'detail-type': 'Object Created' | 'Object Deleted';
  source: 'aws.s3';
  account: string;
  time: string;
  region: string;
  /** The bucket's ARN. */
  resources: readonly string[];
  detail: object;
}

/** The request that changed something, as its event tells of it. */
export type Cause = Pick<S3Call, 'requestId' | 'sourceIp'> & { caller: Pick<S3Call['caller'], 'account'> };

/** The operation that made an object. */
export type Reason = 'PutObject' | 'CopyObject' | 'CompleteMultipartUpload';

/**
 * Tells EventBridge of a new object, where the bucket says so. Keys are as they are, not encoded.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
 */
export function notifyCreated(
  service: S3Service,
  bucket: Bucket,
  { key, object, reason }: { key: string; object: StoredObject; reason: Reason },
  cause: Cause,
): void {
  const { content, versionId } = object;
  notify(service, bucket, 'Object Created', cause, {
    object: {
      key,
      size: content.body.size,
      etag: content.etag,
      ...(versionId !== undefined && { 'version-id': versionId }),
    },
    reason,
  });
}

/**
 * Tells EventBridge of a deletion. A delete marker has the ETag of nothing; of what is gone for good neither size nor
 * ETag are told. That S3 says nothing where nothing was there to delete is a guess.
 */
export function notifyDeleted(
  service: S3Service,
  bucket: Bucket,
  { key, deletion }: { key: string; deletion: Deletion },
  cause: Cause,
): void {
  if (deletion.kind !== 'marked' && !deletion.wasThere) return;
  const versionId = deletion.kind === 'gone' ? undefined : deletion.versionId;
  const isMarker = deletion.kind === 'marked';
  notify(service, bucket, 'Object Deleted', cause, {
    object: {
      key,
      ...(isMarker && { etag: ETAG_OF_NOTHING }),
      ...(versionId !== undefined && { 'version-id': versionId }),
    },
    reason: 'DeleteObject',
    'deletion-type': isMarker ? 'Delete Marker Created' : 'Permanently Deleted',
  });
}

function notify(
  service: S3Service,
  bucket: Bucket,
  type: S3Event['detail-type'],
  { requestId, sourceIp, caller }: Cause,
  { object, ...more }: { object: object; reason: string; 'deletion-type'?: string },
): void {
  if (!bucket.notifiesEventBridge) return;
  const now = service.clock.now();
  service.notify({
    version: '0',
    id: randomUUID(),
    'detail-type': type,
    source: 'aws.s3',
    account: accountOf(bucket, service),
    time: new Date(now).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: service.region,
    resources: [`arn:${partitionOf(service.region)}:s3:::${bucket.name}`],
    detail: {
      version: '0',
      bucket: { name: bucket.name },
      object: { ...object, sequencer: nextSequencer(now) },
      'request-id': requestId,
      requester: caller.account,
      'source-ip-address': sourceIp,
      ...more,
    },
  });
}

let last = 0n;

/** Sixteen hex digits, each greater than all before: of the time, and a count. */
function nextSequencer(now: number): string {
  const byTime = BigInt(now) << 20n;
  last = byTime > last ? byTime : last + 1n;
  return last.toString(16).padStart(16, '0');
}

/** The MD5 of no bytes. */
const ETAG_OF_NOTHING = 'd41d8cd98f00b204e9800998ecf8427e';

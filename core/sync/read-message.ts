import {
  keyMessage,
  s3Event,
  type LiveSettings,
  type QueueRecord,
  type S3Event,
  type Side,
} from '../../contracts/live.js';
import { destinationKey } from '../keys.js';
import type { Asked } from './decide.js';
import type { Delivery } from './sync-key.js';

/** What a message of the queue is about. */
export interface KeyAsked {
  /** On each side. */
  keys: Readonly<Record<Side, string>>;
  asked: Asked;
  /** When the event was, milliseconds since the epoch. */
  since: number | undefined;
  tries: number;
}

/** A message, and how it is given back. */
export interface KeyDelivery extends KeyAsked {
  delivery: Delivery;
  receiptHandle: string;
}

/** A key of a side, on both sides; undefined where it is none of the pair's. */
export function keysOf({ bounds }: LiveSettings, key: string, from: Side): KeyAsked['keys'] | undefined {
  const { prefix: near = '' } = bounds.source;
  const { prefix: far = near } = bounds.destination;
  if (!key.startsWith(from === 'source' ? near : far)) return undefined;
  const [there, back] = [
    { source: { prefix: near }, destination: { prefix: far } },
    { source: { prefix: far }, destination: { prefix: near } },
  ];
  return from === 'source'
    ? { source: key, destination: destinationKey(key, there) }
    : { source: destinationKey(key, back), destination: key };
}

/** `unreadable`: nothing that this queue is for. `foreign`: of no key of the pair. */
export function readMessage(
  settings: LiveSettings,
  { body }: Pick<QueueRecord, 'body'>,
): KeyAsked | 'unreadable' | 'foreign' {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return 'unreadable';
  }
  const own = keyMessage.safeParse(json);
  if (own.success) {
    const { key, from, deletedAt, createdAt, since, tries } = own.data;
    const keys = keysOf(settings, key, from);
    const asked = {
      from,
      ...(deletedAt === undefined ? {} : { deletedAt: Date.parse(deletedAt) }),
      ...(createdAt === undefined ? {} : { createdAt: Date.parse(createdAt) }),
    };
    return keys ? { keys, asked, since: since === undefined ? undefined : Date.parse(since), tries } : 'foreign';
  }
  const event = s3Event.safeParse(json);
  if (!event.success) return 'unreadable';
  const { 'detail-type': type, time, detail } = event.data;
  const from = sideOf(settings, detail.bucket.name, detail.object.key);
  const keys = from && keysOf(settings, detail.object.key, from);
  if (!from || !keys) return 'foreign';
  const since = Date.parse(time);
  const isDeletion = type === 'Object Deleted' && !isOfOneVersion(detail);
  const at = isDeletion
    ? { deletedAt: since }
    : detail.reason === 'CompleteMultipartUpload'
      ? { createdAt: since }
      : {};
  return { keys, asked: { from, ...at }, since, tries: 0 };
}

/** One version, or a delete marker, is gone for good, as when a lifecycle rule ends it: that tells nothing of the object. */
function isOfOneVersion({ object, 'deletion-type': type }: S3Event['detail']): boolean {
  return type !== 'Delete Marker Created' && object['version-id'] !== undefined;
}

/** Both sides may lie in one bucket. Of a pair that goes one way, nothing that is written at the destination counts. */
function sideOf(settings: LiveSettings, bucket: string, key: string): Side | undefined {
  const { bounds, direction } = settings;
  if (bucket === bounds.source.bucket && keysOf(settings, key, 'source')) return 'source';
  return direction === 'both' && bucket === bounds.destination.bucket ? 'destination' : undefined;
}

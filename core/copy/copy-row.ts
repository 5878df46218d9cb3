import type { Attempt, FailedAttempt } from '../../contracts/attempt.js';
import type { WritableStorageClass } from '../../contracts/location.js';
import type { Row } from '../../contracts/row.js';
import { compare } from '../compare/compare.js';
import { StorageError } from '../errors.js';
import type { BucketPair, ObjectState } from '../ports.js';
import type { Pace } from './pace.js';

/** CopyObject takes no larger source. */
const COPY_OBJECT_MAX_BYTES = 5 * 1024 ** 3;
/** How often a source or destination may change under us before the row is left to the next pass. */
const MOST_CHANGES = 5;
/** S3's codes for an object that a lifecycle rule, or Intelligent-Tiering, archived since. CopyObject has one of its own. */
const NEEDS_RESTORE = new Set(['InvalidObjectState', 'ObjectNotInActiveTierError']);

export interface CopyTools {
  pair: BucketPair;
  pace: Pace;
  etagsComparable: boolean;
}

/** A row that differs, what the listing showed at its destination, and its index in the chunk. */
export interface RowToCopy {
  row: Row;
  index: number;
  destinationKey: string;
  listed: ObjectState | undefined;
  /** Of the copy; STANDARD where the request names none. */
  storageClass?: WritableStorageClass | undefined;
}

/**
 * Brings one row over, pinned on both sides: the source must be what the inventory saw, the destination what the listing showed.
 * Never throws for what S3 says of the object: that becomes an attempt.
 */
export async function copyRow(tools: CopyTools, item: RowToCopy): Promise<Attempt> {
  const { row, index } = item;
  if (row.size > COPY_OBJECT_MAX_BYTES)
    return failed(
      index,
      'ObjectTooLarge',
      `The object has ${row.size} bytes; CopyObject takes up to ${COPY_OBJECT_MAX_BYTES}.`,
    );
  try {
    return await sendPinned(tools, item);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return settleError(error, index);
  }
}

function settleError(error: StorageError, index: number): Attempt {
  if (error.code === 'NoSuchKey' || error.code === 'NoSuchVersion') return { kind: 'gone', row: index };
  if (NEEDS_RESTORE.has(error.code)) return { kind: 'archived', row: index };
  return failed(index, error.code, error.message, error.status);
}

/** What the copy is pinned to; replaced as the two sides turn out to have changed. */
interface Pins {
  source: { etag: string; size: number; drift: boolean };
  /** As it was last seen; undefined where nothing was there. */
  destination: ObjectState | undefined;
}

async function sendPinned(tools: CopyTools, item: RowToCopy): Promise<Attempt> {
  const { row, index, destinationKey, storageClass } = item;
  let pins: Pins = { source: { etag: row.etag, size: row.size, drift: false }, destination: item.listed };
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const { source } = pins;
    try {
      const answer = await tools.pace.patiently(() =>
        tools.pair.copy({
          // Not by its version: then a source that was replaced, or deleted, would be copied as it was, unnoticed.
          sourceKey: row.key,
          sourceEtag: source.etag,
          destinationKey,
          destinationEtag: pins.destination?.etag,
          storageClass,
        }),
      );
      return { kind: 'sent', row: index, etag: answer.etag, size: source.size, ...driftOf(source.drift) };
    } catch (error) {
      if (!(error instanceof StorageError) || !isChange(error, pins)) throw error;
    }
    const next = await lookAgain(tools, item, pins);
    if ('kind' in next) return next;
    pins = next;
  }
  return failed(
    index,
    'KeepsChanging',
    `The source or the destination object changed ${MOST_CHANGES} times while it was being copied.`,
    412,
  );
}

/**
 * 412: a pin did not hold. 409: another write to the same key was under way. 404: with If-Match S3 says it of a destination
 * object that was deleted meanwhile as well as of the source.
 */
function isChange({ code }: StorageError, { destination }: Pins): boolean {
  // By its code: in the body of a 200 it has no status of its own.
  return (
    code === 'PreconditionFailed' ||
    code === 'ConditionalRequestConflict' ||
    (code === 'NoSuchKey' && destination !== undefined)
  );
}

/**
 * A pin did not hold: S3 says which only in a detail that not every server sends, so the source is looked at, and the
 * destination where the source is as it was. Answers the attempt, where nothing is left to do, or the pins to try again with.
 */
async function lookAgain(tools: CopyTools, item: RowToCopy, pins: Pins): Promise<Attempt | Pins> {
  const { row, index, destinationKey } = item;
  const source = await tools.pace.patiently(() => tools.pair.headSource(row.key));
  if (!source) return { kind: 'gone', row: index };
  const drift = pins.source.drift || source.etag !== row.etag;
  if (source.size > COPY_OBJECT_MAX_BYTES)
    return failed(index, 'ObjectTooLarge', `The object was replaced by one of ${source.size} bytes.`);
  const sourceChanged = source.etag !== pins.source.etag;
  const destination = sourceChanged
    ? pins.destination
    : await tools.pace.patiently(() => tools.pair.headDestination(destinationKey));
  const now = compare({ ...source, encryption: row.encryption }, destination, tools.etagsComparable);
  // Weaker evidence is no reason to stop here: sent once more, the object has S3's answer on file.
  if (now.kind === 'identical' && now.evidence === 'etag')
    return { kind: 'identical', row: index, evidence: 'etag', ...driftOf(drift) };
  return { source: { etag: source.etag, size: source.size, drift }, destination };
}

function driftOf(drift: boolean): { drift?: true } {
  return drift ? { drift: true } : {};
}

function failed(row: number, cause: string, message: string, status?: number): FailedAttempt {
  return { kind: 'failed', row, cause, message, ...(status === undefined ? {} : { status }) };
}

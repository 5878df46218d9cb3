import type { Evidence } from '../../contracts/outcome.js';
import { compare, type Comparison } from '../compare/compare.js';
import { missedCause, type MissedCause } from '../compare/missed.js';
import { chooseMethod, type Method } from './choose-method.js';
import type { CopyTerms } from './copy-row.js';
import { writableStorageClasses, type WritableStorageClass } from '../../contracts/location.js';
import type { Sides } from './sides.js';

export type Step =
  | { kind: 'look'; at: 'source' | 'destination' | 'proofs' | 'parts' }
  | { kind: 'identical'; evidence: Evidence }
  /** A failure that needs no call. */
  | {
      kind: 'refuse';
      cause: 'LargerThanMaxBytes' | 'DestinationNewer' | 'CustomerKeyNeeded' | 'KeyTooLongError' | MissedCause;
      message: string;
    }
  /** `replicate`: by S3's own replication, as a task of the pass's job. */
  | { kind: 'send'; method: Exclude<Method, { kind: 'ask' }> | { kind: 'replicate' } };

/** S3's longest key, in bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** What is to be done about a row, by what is known of its two objects. Decides and does nothing. */
export function nextStep(sides: Sides, row: { encryption: string }, destinationKey: string, run: CopyTerms): Step {
  const { engine, proof } = run.request;
  const comparison = compare({ ...sides, isStrong: proof === 'strong', asksChecksums: engine === 'none' });
  if (comparison.kind === 'ask') return { kind: 'look', at: comparison.what };
  if (comparison.kind === 'identical') return comparison;
  if (engine === 'none') return missed(comparison, sides, row, run);
  if (row.encryption === 'SSE-C' && !sides.source.head)
    return {
      kind: 'refuse',
      cause: 'CustomerKeyNeeded',
      message: 'The source object is encrypted with a key that only its owner has (SSE-C).',
    };
  if (destinationKey.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(destinationKey) > MAX_KEY_BYTES)
    return {
      kind: 'refuse',
      cause: 'KeyTooLongError',
      message: `The key is ${Buffer.byteLength(destinationKey)} bytes long at the destination; S3 takes up to ${MAX_KEY_BYTES}.`,
    };
  if (isNewer(comparison, sides) && run.request.overwrite === 'older')
    // Drift is ruled out first: a newer destination is often what live replication already brought.
    return sides.source.head ? destinationNewer(sides) : { kind: 'look', at: 'source' };
  return sending(sides, run);
}

/**
 * What nobody is to copy is named. The source is looked at first: what was replaced after the inventory is compared as it is
 * now, and what is gone was not missed.
 */
function missed(
  comparison: Exclude<Comparison, { kind: 'ask' | 'identical' }>,
  sides: Sides,
  { encryption }: { encryption: string },
  { request }: CopyTerms,
): Step {
  const { source } = sides;
  // Without its key (SSE-C) there is no looking at it.
  if (!source.head && encryption !== 'SSE-C') return { kind: 'look', at: 'source' };
  const isCold = source.archive === 'archived' || source.archive === 'restoring';
  if (comparison.kind === 'missing' && isCold && request.archived === 'skip')
    return { kind: 'send', method: { kind: 'archived' } };
  return { kind: 'refuse', ...missedCause(comparison, sides) };
}

/** What nothing shows to differ is not held to be somebody's newer object. */
export function isNewer(
  comparison: Comparison,
  { source, destination }: Record<'source' | 'destination', { lastModified: number | undefined } | undefined>,
): boolean {
  if (comparison.kind !== 'differs' || comparison.by === 'unproved') return false;
  return (destination?.lastModified ?? 0) > (source?.lastModified ?? 0);
}

function destinationNewer({ source, destination }: Sides): Step {
  const time = (at = 0) => new Date(at).toISOString();
  return {
    kind: 'refuse',
    cause: 'DestinationNewer',
    message: `The destination object differs and is newer: ${time(destination?.lastModified)}, the source ${time(source.lastModified)}. It was left as it is.`,
  };
}

function sending({ source }: Sides, run: CopyTerms): Step {
  if (run.request.engine === 'batch-replication') return replicating(source, run);
  const { size = 0, etag = '', head, archive, parts } = source;
  const method = chooseMethod({ size, etag, archive, parts }, run.request);
  if (method.kind === 'ask') return { kind: 'look', at: method.what };
  if (!head && (method.kind === 'parts' || (method.kind === 'whole' && needsHead(source, run))))
    return { kind: 'look', at: 'source' };
  const piece = largestPiece(method, size);
  if (piece > (run.request.maxBytes ?? Infinity)) return largerThanMaxBytes(piece, run);
  return { kind: 'send', method };
}

/**
 * A task is about one version, which a HEAD tells. What lies in an archive S3 does not replicate, restored or not.
 * Source: Amazon S3 User Guide, "What isn't replicated with replication configurations?".
 */
function replicating({ head }: Sides['source'], run: CopyTerms): Step {
  if (!head) return { kind: 'look', at: 'source' };
  if (head.archive !== 'none') return { kind: 'send', method: { kind: 'archived' } };
  if (head.size > (run.request.maxBytes ?? Infinity)) return largerThanMaxBytes(head.size, run);
  return { kind: 'send', method: { kind: 'replicate' } };
}

/** Bytes that are copied at once or not at all. */
function largestPiece(method: Exclude<Method, { kind: 'ask' }>, size: number): number {
  if (method.kind === 'parts') return Math.max(...method.sizes);
  return method.kind === 'whole' ? size : 0;
}

/** It would stop this run, and each that goes on with it. */
function largerThanMaxBytes(piece: number, { request }: CopyTerms): Step {
  return {
    kind: 'refuse',
    cause: 'LargerThanMaxBytes',
    message: `The object, or a part of it, has ${piece} bytes; a run may copy ${request.maxBytes} (maxBytes).`,
  };
}

/** CopyObject takes along what most objects have; what it does not has to be known. */
function needsHead({ storageClass }: Sides['source'], run: CopyTerms): boolean {
  const { request, isInPlace, sourceIsWebsite, isAnnounced = false } = run;
  const classUnknown = storageClass === '' && request.destination.storageClass === undefined;
  return !isInPlace || sourceIsWebsite || request.objectLock !== undefined || classUnknown || isAnnounced;
}

/** The class of a copy: the request's, else the source's own, where S3 takes it for a write. */
export function storageClassOf({ source }: Sides, { request }: CopyTerms): WritableStorageClass | undefined {
  return request.destination.storageClass ?? writableStorageClasses.find((name) => name === source.storageClass);
}

import type { Attempt } from '../../contracts/attempt.js';
import type { Proof } from '../../contracts/proof.js';
import type { Row } from '../../contracts/row.js';
import type { Run } from '../../contracts/run.js';
import { StorageError } from '../errors.js';
import type { Budget } from '../fences/budget.js';
import type { BucketPair, ObjectHead, ObjectState } from '../ports.js';
import { failed, identical } from './attempt-of.js';
import { causeOf } from './cause.js';
import { look, lookAgain } from './look.js';
import { nextStep } from './next-step.js';
import type { Pace } from './pace.js';
import { restore, send } from './send.js';
import { firstSight, type Sides } from './sides.js';
import type { UploadRecords } from './upload-records.js';

/** How often a source or destination may change under us before the row is left to the next pass. */
const MOST_CHANGES = 5;
/** S3's codes for an object that a lifecycle rule, or Intelligent-Tiering, archived since. CopyObject has one of its own. */
const NEEDS_RESTORE = new Set(['InvalidObjectState', 'ObjectNotInActiveTierError']);

/** What of a run decides how an object is copied: a live copy has no run, and these all the same. */
export interface CopyTerms
  extends Pick<Run, 'request' | 'opaqueByDefault' | 'sourceIsWebsite' | 'isInPlace'>, Partial<Pick<Run, 'manifest'>> {
  /** Copies are announced: each source is looked at, to know by what its copy can be told. */
  isAnnounced?: boolean;
}

/** A write that is about to be: what, from where, and in the place of which object, or none. */
export interface Announcement {
  /** It is written to. */
  bucket: string;
  sourceKey: string;
  destinationKey: string;
  of: ObjectHead;
  over: Pick<ObjectHead, 'etag' | 'lastModified'> | undefined;
  /** Whether it gives way to an object there that is newer. */
  givesWay: boolean;
}

export interface CopyTools {
  pair: BucketPair;
  pace: Pace;
  run: CopyTerms;
  /** What earlier runs proved of a source object, or of one of its versions. */
  proofOf: (key: string, versionId?: string) => Promise<Proof | 'none'>;
  uploads: UploadRecords;
  /**
   * Called before each write of a run whose pair has a live copy: that is to know it for a copy. `newer`: what is there was
   * written since both sides were last together, and what is to be written was not.
   */
  announce?: (announced: Announcement) => Promise<'announced' | 'newer'>;
  /** Whether to begin no more parts. */
  isLate: () => boolean;
  /** What may still be copied. */
  budget: Pick<Budget, 'take' | 'putBack'>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/** A row that is not identical by ETag, what the listing showed at its destination, and its index in the chunk. */
export interface RowToCopy {
  row: Row;
  index: number;
  /** The version that is meant; undefined for whatever is current. */
  versionId?: string | undefined;
  /** Put on top of what must be current then, whatever that is: the object of this ETag, or no object. */
  onTop?: { etag: string | undefined };
  /** The destination's version that is compared; undefined for whatever is current. */
  thereVersionId?: string;
  destinationKey: string;
  listed: ObjectState | ObjectHead | undefined;
  /** A HEAD of the source, where there was one already. */
  head?: ObjectHead;
  /** What a listing of the source shows, where that was asked for. */
  archive?: ObjectHead['archive'];
}

/** The row's copy goes on in the next call. */
export interface Unfinished {
  kind: 'unfinished';
  row: number;
  /** The upload under way, where there is one, and how many parts S3 has of it. */
  upload?: { id: string; parts: number };
}

/**
 * Settles one row: looks at what has to be known (next-step.ts says what), and copies where that is called for, pinned on
 * both sides: the source must be what was seen of it, the destination too. Never throws for what S3 says of the object:
 * that becomes an attempt.
 */
export async function copyRow(tools: CopyTools, item: RowToCopy): Promise<Attempt | Unfinished> {
  let sides = firstSight(item.row, item.listed, tools.run, item.archive);
  try {
    for (let changes = 0; changes < MOST_CHANGES;) {
      const step = nextStep(sides, item.row, item.destinationKey, tools.run);
      if (step.kind === 'look') {
        const seen = await look(tools, item, sides, step.at);
        if (seen === 'gone') return { kind: 'gone', row: item.index };
        sides = seen;
        continue;
      }
      if (step.kind === 'identical') return identical(item, sides, step.evidence);
      if (step.kind === 'refuse') return failed(item.index, step.cause, step.message);
      const answer = await send(tools, item, sides, step.method);
      if (answer !== 'changed') return answer;
      changes += 1;
      const seen = await lookAgain(tools, item, sides);
      if (seen === 'gone') return { kind: 'gone', row: item.index };
      sides = seen;
    }
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return settleError(tools, item, sides, error);
  }
  return failed(
    item.index,
    'KeepsChanging',
    `The source or the destination object changed ${MOST_CHANGES} times while it was being copied.`,
    412,
  );
}

/** What S3 refused of the object, under the name that the failure table has for it. */
export async function settleError(
  tools: CopyTools,
  item: RowToCopy,
  sides: Sides,
  error: StorageError,
): Promise<Attempt | Unfinished> {
  const { index } = item;
  // The time of this call was over before S3 had any for the object: the next one goes on with it.
  if (error.kind === 'throttled') return { kind: 'unfinished', row: index };
  if (error.code === 'NoSuchKey' || error.code === 'NoSuchVersion') return { kind: 'gone', row: index };
  if (NEEDS_RESTORE.has(error.code)) {
    if (tools.run.request.archived === 'skip') return { kind: 'archived', row: index };
    try {
      return await restore(tools, item, sides);
    } catch (refusal) {
      if (!(refusal instanceof StorageError)) throw refusal;
      return refusal.kind === 'throttled'
        ? { kind: 'unfinished', row: index }
        : failed(index, refusal.code, refusal.message, refusal.status);
    }
  }
  const keys = [sides.source.head?.kmsKeyArn, tools.run.request.destination.kmsKeyArn].filter(
    (key) => key !== undefined,
  );
  const { cause, message } = causeOf(error, keys);
  return failed(index, cause, message, error.status);
}

import type { Attempt, SentAttempt } from '../../contracts/attempt.js';
import type { ProofLine } from '../../contracts/proof.js';
import type { Row } from '../../contracts/row.js';
import type { Evidence } from '../../contracts/outcome.js';
import { fenceName, type FenceName } from '../../contracts/fence.js';
import type { ObjectState } from '../ports.js';

/** Where a row stands after a pass: settled under a named outcome, or owed under a named cause. */
export type Verdict =
  | { kind: 'identical'; evidence: Evidence; drift: boolean }
  /** `evidence`: what shows so, where it is not S3's answer to the copy itself. */
  | { kind: 'copied'; evidence?: Evidence; drift: boolean; bytes: number }
  | { kind: 'gone' }
  | { kind: 'archived' }
  /** `but`: S3 has to restore it first, or the destination has something newer, which a run leaves as it is. */
  | { kind: 'wouldCopy'; but?: 'archived' | 'newer' }
  | { kind: 'owed'; cause: string; message: string; status?: number | undefined };

/** Cause of rows that wait for S3 to restore them: no failure while the run goes on. */
export const RESTORE_UNDER_WAY = 'RestoreUnderWay';
/** Cause of rows that the run had no leave to begin: see contracts/fence.ts. */
export const FENCE_REACHED = 'FenceReached';

export type Owed = Extract<Verdict, { kind: 'owed' }>;

/** A row, where it stands, and what shows so, where its ETag does not. */
export interface Judged<V extends Verdict = Verdict> {
  row: Row;
  verdict: V;
  proof?: ProofLine | undefined;
}

export function isOwed(verdict: Verdict): verdict is Owed {
  return verdict.kind === 'owed';
}

/** Judges a row by what is on file. `covered`: CopyChunk came as far as this row; `listed` is asked for only where something was sent. */
export function judge(
  covered: boolean,
  attempt: Attempt | undefined,
  listed: ObjectState | undefined,
  stopCause: string | undefined,
): Verdict {
  if (!attempt) return covered ? { kind: 'identical', evidence: 'etag', drift: false } : notAttempted(stopCause);
  switch (attempt.kind) {
    case 'sent':
      return judgeSent(attempt, listed);
    // Its job says more (judge-queued.ts), where there was one.
    case 'queued':
      return notAttempted(stopCause);
    case 'restoring':
      return {
        kind: 'owed',
        cause: RESTORE_UNDER_WAY,
        message: 'S3 was asked to restore the object, and is not done yet.',
      };
    case 'identical':
      return { kind: 'identical', evidence: attempt.evidence, drift: attempt.drift ?? false };
    case 'gone':
    case 'archived':
      return { kind: attempt.kind };
    case 'failed':
      return { kind: 'owed', cause: attempt.cause, message: attempt.message, status: attempt.status };
  }
}

/** What was sent has arrived when the destination still shows S3's own answer to the copy. */
function judgeSent(sent: SentAttempt, listed: ObjectState | undefined): Verdict {
  if (!listed)
    return {
      kind: 'owed',
      cause: 'MissingAfterCopy',
      message: 'S3 answered the copy, and the destination does not list the object.',
    };
  if (listed.etag === sent.etag && listed.size === sent.size)
    return { kind: 'copied', drift: sent.drift ?? false, bytes: sent.size };
  return {
    kind: 'owed',
    cause: 'ChangedAfterCopy',
    message: 'The destination object is no longer what S3 answered to the copy.',
  };
}

/** A row that the run had no leave to begin. */
export function heldBack(fence: FenceName): Owed {
  return {
    kind: 'owed',
    cause: FENCE_REACHED,
    message: `The object was not begun: the run reached ${fence} before it.`,
  };
}

export function notAttempted(stopCause: string | undefined): Owed {
  const fence = fenceName.safeParse(stopCause).data;
  if (fence) return heldBack(fence);
  const why = stopCause === undefined ? 'its worker failed before it' : `the run stopped early because of ${stopCause}`;
  return { kind: 'owed', cause: 'NotAttempted', message: `The object was not tried: ${why}.` };
}

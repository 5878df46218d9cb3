import type { RunRequest } from '../../contracts/run-request.js';
import type { Tally } from '../../contracts/tally.js';
import { PASSING } from './passing.js';

export interface Standing {
  dryRun: boolean;
  /** Whether anything is copied: else another pass finds what this one has found. */
  copies: boolean;
  pass: number;
  maxPasses: number;
  /** Owed rows after this pass, and before it. */
  owed: number;
  owedBefore: number;
  stopCause: string | undefined;
  /** The fence that was reached, or that is reached before another pass could begin, in words. */
  fence: string | undefined;
  /** Why rows are owed. */
  causes: readonly string[];
  /** Multipart uploads are under way, which the next pass goes on with. */
  isUploading: boolean;
  /** Owed rows that wait for S3 to restore them. */
  restoring: number;
  /** How often the run has waited for that already; those passes are not counted. */
  waits: number;
}

/** Rounds of waiting: at an hour each, eight days, four times as long as S3 takes at most. */
const MOST_WAITS = 200;

/** Causes of rows that nobody has looked at. */
const UNSEEN = new Set(['NotAttempted', 'NotVerified']);

/**
 * Whether another pass follows. Progress is that owed rows fell, that rows are owed for a cause that passes, or that
 * uploads are under way; without it, or with the passes spent, the run gives up. While rows wait for a restore the run goes on, and that spends no pass.
 */
export function decide(standing: Standing): Pick<Tally, 'decision' | 'why'> {
  const { dryRun, copies, maxPasses, owed, owedBefore, stopCause, fence, causes, isUploading, restoring, waits } =
    standing;
  const pass = standing.pass - waits;
  if (owed === 0 && !dryRun) return { decision: 'done', why: 'Every expected row is settled.' };
  if (owed > 0 && fence !== undefined) return { decision: 'giveUp', why: `Stopped by a fence: ${fence}.` };
  if (dryRun) return { decision: 'done', why: 'A dry run compares once.' };
  if (stopCause !== undefined)
    return { decision: 'giveUp', why: `Stopped early: nearly every row failed with ${stopCause}.` };
  if (restoring > 0 && waits < MOST_WAITS)
    return { decision: 'wait', why: `${restoring} of ${owed} owed rows wait for S3 to restore them.` };
  if (pass >= maxPasses)
    return { decision: 'giveUp', why: `All passes that maxPasses allows are spent: ${maxPasses}.` };
  const passing = causes.filter((cause) => PASSING.has(cause));
  if (!copies && passing.length === 0 && !causes.some((cause) => UNSEEN.has(cause)))
    return { decision: 'giveUp', why: 'Nothing was to be copied: every object was compared.' };
  if (owed >= owedBefore && passing.length === 0 && !isUploading)
    return {
      decision: 'giveUp',
      why: `No progress: ${owed} rows were owed before pass ${pass}, and ${owed} after it.`,
    };
  return {
    decision: 'again',
    why: `${owed} rows are owed; before this pass ${owedBefore} were.${passing.length > 0 ? ` ${passing.join(', ')} will pass.` : ''}`,
  };
}

const FIRST_WAIT_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 300;

/** How often S3 is asked about restores, by tier: a small part of what it takes. */
const RESTORE_WAIT_SECONDS: Record<RunRequest['restoreTier'], number> = {
  Bulk: 3600,
  Standard: 1800,
  Expedited: 60,
};

/** Seconds before S3 is asked again whether it has restored what it was asked to. */
export function waitForRestore(tier: RunRequest['restoreTier']): number {
  return RESTORE_WAIT_SECONDS[tier];
}

/** Seconds before the next pass: 3, 9, 27, 81, 243, 300, … What S3 refused for a moment needs a moment. */
export function waitBefore(nextPass: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 3 ** (nextPass - 2));
}

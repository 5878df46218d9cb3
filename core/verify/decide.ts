import type { Tally } from '../../contracts/tally.js';

export interface Standing {
  dryRun: boolean;
  pass: number;
  maxPasses: number;
  /** Owed rows after this pass, and before it. */
  owed: number;
  owedBefore: number;
  stopCause: string | undefined;
  /** Why rows are owed. */
  causes: readonly string[];
}

/** Causes that pass by themselves: what S3 said had nothing to do with the object. */
const PASSING = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'InternalError',
  'NoAnswer',
  'RequestTimeout',
  'OperationAborted',
  'KeepsChanging',
]);

/**
 * Whether another pass follows. Progress is that owed rows fell, or that rows are owed for a cause that passes; without
 * it, or with the passes spent, the run gives up.
 */
export function decide(standing: Standing): Pick<Tally, 'decision' | 'why'> {
  const { dryRun, pass, maxPasses, owed, owedBefore, stopCause, causes } = standing;
  if (dryRun) return { decision: 'done', why: 'A dry run compares once.' };
  if (owed === 0) return { decision: 'done', why: 'Every expected row is settled.' };
  if (stopCause !== undefined)
    return { decision: 'giveUp', why: `Stopped early: nearly every row failed with ${stopCause}.` };
  if (pass >= maxPasses)
    return { decision: 'giveUp', why: `All passes that maxPasses allows are spent: ${maxPasses}.` };
  const passing = causes.filter((cause) => PASSING.has(cause));
  if (owed >= owedBefore && passing.length === 0)
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

/** Seconds before the next pass: 3, 9, 27, 81, 243, 300, … What S3 refused for a moment needs a moment. */
export function waitBefore(nextPass: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 3 ** (nextPass - 2));
}

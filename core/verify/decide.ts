import type { Tally } from '../../contracts/tally.js';

export interface Standing {
  dryRun: boolean;
  pass: number;
  maxPasses: number;
  /** Owed rows after this pass, and before it. */
  owed: number;
  owedBefore: number;
  stopCause: string | undefined;
}

/** Whether another pass follows. Progress is that owed rows fell; without it, or with the passes spent, the run gives up. */
export function decide(standing: Standing): Pick<Tally, 'decision' | 'why'> {
  const { dryRun, pass, maxPasses, owed, owedBefore, stopCause } = standing;
  if (dryRun) return { decision: 'done', why: 'A dry run compares once.' };
  if (owed === 0) return { decision: 'done', why: 'Every expected row is settled.' };
  if (stopCause !== undefined)
    return { decision: 'giveUp', why: `Stopped early: nearly every row failed with ${stopCause}.` };
  if (pass >= maxPasses) return { decision: 'giveUp', why: `The ${maxPasses} passes that maxPasses allows are spent.` };
  if (owed >= owedBefore)
    return {
      decision: 'giveUp',
      why: `No progress: ${owed} rows were owed before pass ${pass}, and ${owed} after it.`,
    };
  return { decision: 'again', why: `${owed} rows are owed; before this pass ${owedBefore} were.` };
}

const FIRST_WAIT_SECONDS = 3;
const LONGEST_WAIT_SECONDS = 300;

/** Seconds before the next pass: 3, 9, 27, 81, 243, 300, … What S3 refused for a moment needs a moment. */
export function waitBefore(nextPass: number): number {
  return Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 3 ** (nextPass - 2));
}

import { Payload } from './payload.js';
import type { Step } from '../definition/workflow.js';
import type { Outcome } from './retry-and-catch.js';
import { StateError } from './state-error.js';
import type { Exit, Visit } from './visit.js';

/**
 * The exit of a state that may have failed: its own Output, Assign and Next, or its catcher's.
 * @param previous the event that the Exited event of a success follows; the path's last one by default.
 * @param failed told when what a catcher says fails itself, which nothing catches.
 */
export async function leave(
  visit: Visit,
  outcome: Outcome,
  { next, exit, previous, failed }: { next: string | undefined; exit: Exit; previous?: number; failed?: () => void },
): Promise<Step> {
  if (outcome.kind === 'succeeded') {
    const { result } = outcome;
    return { next, output: await visit.exit(exit, result, { result: result.value }, previous) };
  }
  const { catcher, errorOutput } = outcome;
  try {
    return { next: catcher.next, output: await visit.exit(catcher, Payload.ofValue(errorOutput), { errorOutput }) };
  } catch (error) {
    if (error instanceof StateError) failed?.();
    throw error;
  }
}

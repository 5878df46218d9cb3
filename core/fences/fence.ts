import { fenceName, type FenceName } from '../../contracts/fence.js';
import type { Run } from '../../contracts/run.js';
import { PASSING } from '../verify/passing.js';
import { FENCE_REACHED, RESTORE_UNDER_WAY } from '../verify/judge.js';

/** Why workers are told to stop: a fence, or, undefined, a cause that fails nearly every row. */
export function fenceOf(stopCause: string | undefined): FenceName | undefined {
  return fenceName.safeParse(stopCause).data;
}

/** Whether a row is owed because the run ended, and for nothing that is wrong with it: another pass would have tried it again. */
export function isHeldBack(cause: string): boolean {
  return cause === FENCE_REACHED || cause === RESTORE_UNDER_WAY || UNTRIED.has(cause) || PASSING.has(cause);
}

/** Rows whose workers failed. */
const UNTRIED = new Set(['NotAttempted', 'NotVerified']);

/** What was reached, as a sentence without its full stop. */
export function fenceWords(fence: FenceName, { request, stopAt }: Pick<Run, 'request' | 'stopAt'>): string {
  switch (fence) {
    case 'maxObjects':
      return `maxObjects was reached: ${request.maxObjects} objects`;
    case 'maxBytes':
      return `maxBytes was reached: the next object or part would have been more than ${request.maxBytes} bytes`;
    case 'stopAfter':
      return `stopAfter was reached: ${request.stopAfter}${stopAt === undefined ? '' : `, ${new Date(stopAt).toISOString()}`}`;
  }
}

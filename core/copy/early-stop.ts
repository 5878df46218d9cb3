import type { AttemptCounts } from '../ports.js';

const ENOUGH_ATTEMPTS = 1_000;
const NEARLY_ALL = 0.95;

/**
 * The cause that fails at least 95 % of at least 1,000 rows that the run has looked at, those that are identical among
 * them: going on would only fail the rest as well.
 */
export function hopelessCause({ attempts, failures }: AttemptCounts): string | undefined {
  if (attempts < ENOUGH_ATTEMPTS) return undefined;
  for (const [cause, failed] of failures) if (failed >= attempts * NEARLY_ALL) return cause;
  return undefined;
}

import type { RunDescription } from '../../adapters/step-functions/run-client.js';
import type { Failure } from '../../contracts/failure.js';
import { runCause } from '../../contracts/run-cause.js';
import type { Summary } from '../../contracts/tally.js';
import { causeSentence } from './cause.js';
import { countCauses, summaryLines } from './summary.js';

/** How a run ended and its counts: all that a person needs to know whether it is good. */
export function endingLines(run: RunDescription, summary: Summary | undefined): string[] {
  if (summary) return [summary.status, '', ...summaryLines(summary), ...causeLines(run)];
  return [run.error ?? run.status, ...(run.cause ? ['', causeSentence(run.cause)] : [])];
}

/** The top causes of a run that could not prove everything. */
function causeLines({ cause }: RunDescription): string[] {
  const known = runCause.safeParse(parseJson(cause));
  if (!known.success || known.data.causes.length === 0) return [];
  return ['', ...known.data.causes.map(({ cause, rows, remedy }) => `failed         ${rows} with ${cause}. ${remedy}`)];
}

/** What the failure table says, grouped by cause: still open, or made good in a later pass. */
export function failureGroupLines(failures: readonly Failure[]): string[] {
  return countCauses(failures).map(({ cause, status, rows, remedy }) =>
    status === 'resolved'
      ? `made good      ${rows} failed with ${cause} at first, and arrived in a later try`
      : `failed         ${rows} with ${cause}. ${remedy}`,
  );
}

export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

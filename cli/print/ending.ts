import type { RunDescription } from '../../adapters/step-functions/run-client.js';
import type { Failure } from '../../contracts/failure.js';
import { runCause } from '../../contracts/run-cause.js';
import type { Summary } from '../../contracts/tally.js';
import { causeSentence } from './cause.js';
import { countCauses, summaryLines } from './summary.js';

/** How a run ended and its counts: all that a person needs to know whether it is good. */
export function verdictLines(
  run: Pick<RunDescription, 'status' | 'error' | 'cause'>,
  summary: Summary | undefined,
): string[] {
  if (summary) return [summary.status, '', ...summaryLines(summary)];
  return [run.error ?? run.status, ...(run.cause ? ['', causeSentence(run.cause)] : [])];
}

/** The top causes of a run that could not prove everything, as its Cause tells them. */
export function causeLines({ cause }: Pick<RunDescription, 'cause'>): string[] {
  const known = runCause.safeParse(parseJson(cause)).data;
  return (known?.causes ?? []).map(({ cause, rows, remedy }) => failedLine(rows, cause, remedy));
}

/** What the failure table says, grouped by cause: still open, or made good in a later pass. */
export function failureGroupLines(failures: readonly Failure[]): string[] {
  return countCauses(failures).map(({ cause, status, rows, remedy }) =>
    status === 'resolved'
      ? `made good      ${rows} failed with ${cause} at first, and arrived in a later try`
      : failedLine(rows, cause, remedy),
  );
}

function failedLine(rows: number, cause: string, remedy: string): string {
  return `failed         ${rows.toLocaleString('en')} with ${cause}. ${remedy}`;
}

export function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

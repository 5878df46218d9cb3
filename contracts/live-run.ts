import type { Side } from './live.js';

/** A day's failures of a live copy stand in the failure table under a name like a run's, and are redriven like a run's. */
const LIVE_RUN = /^live-\d{4}-\d{2}-\d{2}(-back)?$/;
/** @param at milliseconds since the epoch. @param from the side of which the object was to be copied */
export function liveRunId(at: number, from: Side): string {
  return `live-${new Date(at).toISOString().slice(0, 10)}${from === 'source' ? '' : '-back'}`;
}
/** Whether it is a day of a live copy; `back`: of what was to come from the destination. */

export function liveRunOf(runId: string): 'there' | 'back' | undefined {
  const [match, back] = LIVE_RUN.exec(runId) ?? [];
  if (match === undefined) return undefined;
  return back === undefined ? 'there' : 'back';
}

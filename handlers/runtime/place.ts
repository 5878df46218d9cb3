import * as z from 'zod';

/** Where in a run a line of the log or a trace belongs. */
export interface Place {
  run?: string | undefined;
  pass?: number | undefined;
  chunk?: string | undefined;
}

/** What every event of the state machine says of its place in a run, whatever else may be wrong with it. */
const placed = z.object({
  runId: z.string().max(80),
  pass: z.int().optional(),
  chunk: z.object({ id: z.string().max(80) }).optional(),
});

/** Reads it from an event; empty where the event is none of ours. */
export function placeOf(event: unknown): Place {
  const { runId, pass, chunk } = placed.safeParse(event).data ?? {};
  return { run: runId, pass, chunk: chunk?.id };
}

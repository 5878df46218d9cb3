import * as z from 'zod';

/** `$states.errorOutput`. */
export interface CaughtError {
  Error?: string | undefined;
  Cause?: string | undefined;
}

/** A run that failed, as `states:startExecution.sync:2` tells it in its Cause. */
const failedRun = z.object({
  Name: z.string(),
  Status: z.string().optional(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
/** What ended a run that gives no error. */
const ENDS: Readonly<Record<string, string>> = { ABORTED: 'Aborted', TIMED_OUT: 'States.Timeout' };
/** A function's error. */
const functionError = z.object({ errorMessage: z.string() });
/** The Cause of a run that is incomplete. */
const incomplete = z.object({ message: z.string() });

/** The name and the words of what ended a reconciliation; `run` where it was the run that it had started. */
export function failureOf({ Error: name = 'Unknown', Cause: cause = '' }: CaughtError): {
  name: string;
  message: string;
  run?: string;
} {
  const json = parsed(cause);
  const run = failedRun.safeParse(json).data;
  if (run) {
    const { Name, Status = 'ABORTED', Error: error = ENDS[Status] ?? Status, Cause: why } = run;
    return { ...failureOf({ Error: error, Cause: why || `The run ${Name} was ended: ${Status}.` }), run: Name };
  }
  const message = functionError.safeParse(json).data?.errorMessage ?? incomplete.safeParse(json).data?.message ?? cause;
  return { name, message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

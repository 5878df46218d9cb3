import * as z from 'zod';

/** `$states.errorOutput`. */
export interface CaughtError {
  Error?: string | undefined;
  Cause?: string | undefined;
}

/** A run that failed, as `states:startExecution.sync:2` tells it in its Cause. */
const failedRun = z.object({ Name: z.string(), Error: z.string().optional(), Cause: z.string().optional() });
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
  if (run) return { run: run.Name, ...failureOf({ Error: run.Error ?? 'Aborted', Cause: run.Cause }) };
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

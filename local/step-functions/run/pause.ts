import type { Frame } from './frame.js';
import { sleepLong } from './time-limit.js';

/** Sleeps on the engine's clock. @throws Stopped when the execution ends first: by a stop, or by its TimeoutSeconds. */
export async function pause({ execution, signal }: Frame, ms: number): Promise<void> {
  signal.throwIfAborted();
  const allowed = execution.timeLimit.allow(ms);
  await sleepLong(execution.services.ports.clock, allowed, signal);
  if (allowed < ms) execution.timeLimit.expire();
  signal.throwIfAborted();
}

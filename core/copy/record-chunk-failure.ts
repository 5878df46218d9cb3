import * as z from 'zod';
import { chunkFailure, type FailurePlace, type FailurePorts } from './record-failures.js';

const CHUNKS_PER_RUN = 1_000;
const lambdaCause = z.object({ errorType: z.string(), errorMessage: z.string() });

/** State RecordChunkFailure: puts a chunk that failed as a whole in the failure table, before its child fails. */
export async function recordChunkFailure(
  ports: FailurePorts,
  input: FailurePlace & { error: { Error?: string | undefined; Cause?: string | undefined } },
): Promise<void> {
  const cause = input.error.Error ?? 'States.TaskFailed';
  if ((await ports.failures.reserve(input.runId, 'chunk', 1, CHUNKS_PER_RUN)) === 0) return;
  await ports.failures.put([chunkFailure(ports, input, { cause, message: messageOf(input.error.Cause) })]);
}

/** Lambda's Cause is JSON `{errorType, errorMessage, trace}`; the table wants the sentence. */
function messageOf(cause = ''): string {
  try {
    return lambdaCause.parse(JSON.parse(cause)).errorMessage;
  } catch {
    return cause;
  }
}

import type { Workflow } from '../definition/workflow.js';
import type { Frame } from './frame.js';
import { breathe } from './turn.js';
import type { Payload } from './payload.js';

/**
 * Goes from state to state until one ends the workflow, and answers its output.
 * @throws StateError that no state caught; Stopped when the execution ends from outside.
 */
export async function runWorkflow(workflow: Workflow, input: Payload, frame: Frame): Promise<Payload> {
  let next: string | undefined = workflow.startAt;
  let payload = input;
  while (next !== undefined) {
    await breathe();
    frame.signal.throwIfAborted();
    const state = workflow.states.get(next);
    if (!state) throw new Error(`no state '${next}'`);
    ({ next, output: payload } = await state.run(payload, frame));
  }
  return payload;
}

import { allowFields, exitOf, type StateSource } from '../definition/state-fields.js';
import type { State } from '../definition/workflow.js';
import { Visit } from '../run/visit.js';

/** Succeed: ends its workflow with its input, or with an Output made of it. */
export function compileSucceed(source: StateSource): State {
  const { name, fields } = source;
  allowFields(source, 'Output');
  const exit = exitOf(fields);
  return {
    name,
    type: 'Succeed',
    targets: [],
    terminal: true,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Succeed', name }, input, frame);
      return { next: undefined, output: await visit.exit(exit, input) };
    },
  };
}

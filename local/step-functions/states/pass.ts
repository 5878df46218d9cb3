import { allowFields, exitOf, type StateSource, transition } from '../definition/state-fields.js';
import type { State } from '../definition/workflow.js';
import { Payload } from '../run/payload.js';
import { Visit } from '../run/visit.js';

/** Pass: hands its input on, or makes an Output of it. */
export function compilePass(source: StateSource): State {
  const { name, fields } = source;
  const literal = fields.scope.language === 'JSONPath' ? fields.get('Result') : undefined;
  allowFields(source, 'Next', 'End', 'Output', 'Assign', ...(fields.scope.language === 'JSONPath' ? ['Result'] : []));
  const exit = exitOf(fields);
  const { next, targets, terminal } = transition(source);
  const result = literal === undefined ? undefined : Payload.ofValue(literal);
  return {
    name,
    type: 'Pass',
    targets,
    terminal,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Pass', name }, input, frame);
      return { next, output: await visit.exit(exit, result ?? input) };
    },
  };
}

import { allowFields, type StateSource } from '../definition/state-fields.js';
import type { State } from '../definition/workflow.js';
import type { Template } from '../jsonata/template.js';
import { StateError } from '../run/state-error.js';
import { Visit } from '../run/visit.js';

/** Fail: ends its workflow with an error; both Error and Cause may be absent. */
export function compileFail(source: StateSource): State {
  const { name, fields } = source;
  allowFields(source, 'Error', 'Cause');
  const [error, cause] = ['Error', 'Cause'].map((field) => {
    fields.string(field);
    return fields.template(field);
  });
  return {
    name,
    type: 'Fail',
    targets: [],
    terminal: true,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Fail', name }, input, frame);
      const text = (template: Template | undefined) => template && visit.evaluateAs('string', template);
      throw new StateError(await text(error), await text(cause));
    },
  };
}

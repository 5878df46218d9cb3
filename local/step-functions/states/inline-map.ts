import type { StateSource } from '../definition/state-fields.js';
import type { Workflow } from '../definition/workflow.js';
import { limits } from '../limits.js';
import { itemsOf, itemsTemplate, mapContext, type MapProcessing, selectItem } from '../run/map-items.js';
import { Payload } from '../run/payload.js';
import { runPaths } from '../run/run-paths.js';
import { runWorkflow } from '../run/run-workflow.js';
import type { Visit } from '../run/visit.js';

/** Map in INLINE mode: iterations within the execution, with events in its history. */
export function compileInlineMap({ name, fields, compileWithin }: StateSource): MapProcessing {
  const items = itemsTemplate(fields);
  const selector = fields.template('ItemSelector');
  const maxConcurrency = fields.numberOrExpression('MaxConcurrency', { min: 0, integer: true });
  // Read and checked as AWS does, without a meaning: an iteration that fails fails the state.
  const count = fields.numberOrExpression('ToleratedFailureCount', { min: 0, integer: true });
  const percentage = fields.numberOrExpression('ToleratedFailurePercentage', { min: 0, max: 100 });
  const processor = fields.object('ItemProcessor');
  processor?.allow('ProcessorConfig', 'StartAt', 'States', 'Comment');
  const config = processor?.object('ProcessorConfig');
  config?.allow('Mode');
  config?.oneOf('Mode', ['INLINE', 'DISTRIBUTED']);
  const workflow = processor && compileWithin(processor);
  return async (visit) => {
    const values = await itemsOf(visit, items);
    visit.record('MapStateStarted', { length: values.length });
    const concurrency = maxConcurrency ? await visit.evaluateAs('number', maxConcurrency) : 0;
    if (count) await visit.evaluateAs('number', count);
    if (percentage) await visit.evaluateAs('number', percentage);
    const outputs = await runPaths(visit, {
      total: values.length,
      concurrency: concurrency || limits.inlineMapConcurrency,
      name: (event) => `MapIteration${event}`,
      details: (index) => ({ index, name }),
      frame: (index) => ({ map: mapContext(index, values[index] ?? null) }),
      input: (index) => selectItem(visit, selector, index, Payload.ofValue(values[index] ?? null)),
      run: (_index, input, frame) => runWorkflow(workflow as Workflow, input, frame),
    });
    return { result: joined(visit, outputs), previous: visit.frame.cursor.last };
  };
}

/** The array of the outputs. @throws StateError States.DataLimitExceeded beyond 256 KiB. */
export function joined(visit: Visit, outputs: Payload[]): Payload {
  const result = Payload.ofText(`[${outputs.map(({ text }) => text).join(',')}]`);
  visit.checkSize(result);
  return result;
}

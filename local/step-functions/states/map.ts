import {
  allowFields,
  catchOf,
  exitOf,
  requireJsonata,
  retryOf,
  type StateSource,
  transition,
} from '../definition/state-fields.js';
import type { State } from '../definition/workflow.js';
import { compileDistributedMap } from '../distributed-map/distributed-map.js';
import { leave } from '../run/leave.js';
import { attempt } from '../run/retry-and-catch.js';
import { Visit } from '../run/visit.js';
import { compileInlineMap } from './inline-map.js';

const sharedFields = [
  'Next',
  'End',
  'Output',
  'Assign',
  'Items',
  'ItemSelector',
  'ItemProcessor',
  'MaxConcurrency',
  'Retry',
  'Catch',
];
const toleranceFields = ['ToleratedFailureCount', 'ToleratedFailurePercentage'];
const distributedFields = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];

/** Map: runs its ItemProcessor for every item, within the execution or as executions of their own. */
export function compileMap(source: StateSource): State {
  const { name, fields } = source;
  requireJsonata(source, 'Map');
  allowFields(source, ...sharedFields, ...toleranceFields, ...distributedFields, 'Iterator');
  fields.requireOne(['ItemProcessor', 'Iterator']);
  if (fields.has('Iterator')) fields.notImplemented("'Iterator'; use ItemProcessor", 'Iterator');
  const distributed = fields.object('ItemProcessor')?.object('ProcessorConfig')?.get('Mode') === 'DISTRIBUTED';
  if (!distributed) {
    for (const field of distributedFields.filter((each) => fields.has(each)))
      fields.invalid(`Field '${field}' is not supported`);
  }
  const processing = distributed ? compileDistributedMap(source) : compileInlineMap(source);
  const exit = exitOf(fields);
  const retry = retryOf(fields);
  const { catchers, targets: caught } = catchOf(fields);
  const { next, targets, terminal } = transition(source);
  return {
    name,
    type: 'Map',
    targets: [...targets, ...caught],
    terminal,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Map', name }, input, frame);
      let previous = visit.enteredId;
      const run = async () => {
        const done = await processing(visit);
        previous = done.previous;
        return done.result;
      };
      const failed = () => visit.recordFailure('MapStateFailed');
      const outcome = await attempt(visit, { retry, catch: catchers }, run, failed);
      if (outcome.kind === 'caught') return leave(visit, outcome, { next, exit, failed });
      visit.record('MapStateSucceeded');
      return leave(visit, outcome, { next, exit, previous });
    },
  };
}

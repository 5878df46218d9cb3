import {
  allowFields,
  catchOf,
  exitOf,
  requireJsonata,
  retryOf,
  type StateSource,
  transition,
} from '../definition/state-fields.js';
import type { State, Workflow } from '../definition/workflow.js';
import { leave } from '../run/leave.js';
import type { Payload } from '../run/payload.js';
import { attempt } from '../run/retry-and-catch.js';
import { runPaths } from '../run/run-paths.js';
import { runWorkflow } from '../run/run-workflow.js';
import { Visit } from '../run/visit.js';
import { joined } from './inline-map.js';

/** Parallel: runs its branches beside each other; its result is the array of their outputs. */
export function compileParallel(source: StateSource): State {
  const { name, fields, compileWithin } = source;
  requireJsonata(source, 'Parallel');
  allowFields(source, 'Next', 'End', 'Output', 'Assign', 'Arguments', 'Branches', 'Retry', 'Catch');
  fields.require('Branches');
  const sources = fields.objects('Branches');
  if (fields.has('Branches') && sources.length === 0) fields.invalid('Value cannot be empty', 'Branches');
  const branches = sources.map((branch) => {
    branch.allow('StartAt', 'States', 'Comment');
    return compileWithin(branch);
  });
  const template = fields.template('Arguments');
  const exit = exitOf(fields);
  const retry = retryOf(fields);
  const { catchers, targets: caught } = catchOf(fields);
  const { next, targets, terminal } = transition(source);
  return {
    name,
    type: 'Parallel',
    targets: [...targets, ...caught],
    terminal,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Parallel', name }, input, frame);
      const run = async () => {
        const given = template ? await visit.evaluatePayload(template) : input;
        visit.record('ParallelStateStarted');
        return joined(visit, await runBranches(visit, branches as Workflow[], given));
      };
      const failed = () => visit.recordFailure('ParallelStateFailed');
      const outcome = await attempt(visit, { retry, catch: catchers }, run, failed);
      if (outcome.kind === 'caught') return leave(visit, outcome, { next, exit, failed });
      const previous = frame.cursor.last;
      visit.record('ParallelStateSucceeded');
      return leave(visit, outcome, { next, exit, previous });
    },
  };
}

function runBranches(visit: Visit, branches: Workflow[], input: Payload): Promise<Payload[]> {
  return runPaths(visit, {
    total: branches.length,
    concurrency: branches.length,
    input: () => input,
    run: (index, given, frame) => runWorkflow(branches[index] as Workflow, given, frame),
  });
}

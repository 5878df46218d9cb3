import { compileChoice } from '../states/choice.js';
import { compileFail } from '../states/fail.js';
import { compileMap } from '../states/map.js';
import { compileParallel } from '../states/parallel.js';
import { compilePass } from '../states/pass.js';
import { compileSucceed } from '../states/succeed.js';
import { compileTask } from '../states/task.js';
import { compileWait } from '../states/wait.js';
import { Fields, isObject, type QueryLanguage } from './fields.js';
import { limits } from '../limits.js';
import type { Json } from '../run/payload.js';
import type { StateSource } from './state-fields.js';
import { variablesOf } from './variable-scope.js';
import type { State, Workflow } from './workflow.js';

const stateTypes: Record<string, (source: StateSource) => State | undefined> = {
  Task: compileTask,
  Wait: compileWait,
  Pass: compilePass,
  Succeed: compileSucceed,
  Fail: compileFail,
  Choice: compileChoice,
  Parallel: compileParallel,
  Map: compileMap,
};

/** What the compiling of one definition shares. */
export interface WorkflowScope {
  /** Language of states that name none. */
  language: QueryLanguage;
  /** Names of states are unique over the whole machine. */
  names: Set<string>;
  newLabel: () => string;
  /** Labels of its Maps, unique too. */
  labels: Set<string>;
  /** EventBridge rules that its Tasks need. */
  managedRules: Set<string>;
  /** Variables that are assigned around the workflow, by other states than the one that it is in. */
  variables: ReadonlySet<string>;
  /** Whether the workflow is within a Map or Parallel. */
  nested: boolean;
}

/** Compiles `StartAt` and `States`; undefined, with complaints in the diagnostics, where they make no workflow. */
export function compileWorkflow(fields: Fields, scope: WorkflowScope): Workflow | undefined {
  if (!fields.require('States', 'StartAt')) return undefined;
  const startAt = fields.string('StartAt');
  const sources = fields.object('States');
  if (startAt === undefined || !sources) return undefined;
  if (Object.keys(sources.values).length === 0) {
    fields.invalid('Value cannot be empty', 'States');
    return undefined;
  }
  const variables = variablesOf(sources, scope.variables);
  const states = new Map<string, State>();
  for (const name of Object.keys(sources.values)) {
    const state = compileState(name, sources, { ...scope, variables: variables(name) });
    if (state) states.set(name, state);
  }
  const complete = states.size === Object.keys(sources.values).length;
  if (complete) checkGraph(startAt, states, fields, scope.nested);
  return { startAt, states };
}

function compileState(name: string, sources: Fields, scope: WorkflowScope): State | undefined {
  const values = sources.values[name];
  const path = `${sources.path}/${name}`;
  const { diagnostics } = sources.scope;
  if (!isObject(values)) {
    diagnostics.invalid('Expected value of type Object', path);
    return undefined;
  }
  if (name.length > limits.nameLength) {
    const problem = `State '${name}' exceeds the ${limits.nameLength}-character limit allowed by the service`;
    diagnostics.add('INVALID_STATE_NAME', `Invalid State name: ${problem}`, path);
  }
  if (scope.names.has(name)) diagnostics.add('DUPLICATE_STATE_NAME', `Duplicate State name: ${name}`, path);
  scope.names.add(name);
  const fields = new Fields(values, path, '', {
    ...sources.scope,
    language: languageOf(values['QueryLanguage'], scope.language),
    hasResult: typesWithResult.has(values['Type']),
  });
  if (scope.language === 'JSONata' && fields.get('QueryLanguage') === 'JSONPath') {
    // AWS does not say on top of this what the state's refused language forbids.
    fields.invalid("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
    return undefined;
  }
  if (!fields.require('Type')) return undefined;
  const compile = stateTypes[typeOf(fields)];
  const state = compile?.({
    name,
    fields,
    newLabel: scope.newLabel,
    labels: scope.labels,
    managedRules: scope.managedRules,
    compileWithin: (within, apart) =>
      compileWorkflow(within, { ...scope, nested: true, ...(apart && { variables: new Set() }) }),
  });
  fields.oneOf('QueryLanguage', ['JSONPath', 'JSONata']);
  return state;
}

const typesWithResult = new Set<Json | undefined>(['Map', 'Parallel', 'Task']);

function typeOf(fields: Fields): string {
  const type = fields.string('Type') ?? '';
  if (fields.get('Type') === type && !Object.hasOwn(stateTypes, type)) {
    fields.invalid(`The field 'Type' should have one of these values: [${Object.keys(stateTypes).join(', ')}]`, 'Type');
    return '';
  }
  return type;
}

/** Only the exact word makes it JSONPath. */
export function languageOf(value: unknown, inherited: QueryLanguage): QueryLanguage {
  if (value === undefined) return inherited;
  return value === 'JSONPath' ? 'JSONPath' : 'JSONata';
}

/** Every target exists, some state ends the machine (AWS does not ask that of what is within a state), and every state is reached. */
function checkGraph(startAt: string, states: Map<string, State>, fields: Fields, nested: boolean): void {
  const { diagnostics } = fields.scope;
  const start = { name: startAt, location: fields.at('StartAt') };
  for (const { name, location } of [start, ...[...states.values()].flatMap((state) => state.targets)]) {
    if (!states.has(name)) diagnostics.add('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${name}`, location);
  }
  if (!nested && ![...states.values()].some((state) => state.terminal)) {
    diagnostics.add('MISSING_END_STATE', 'Workflow has no terminal state');
    return;
  }
  const reached = reachedFrom(startAt, states);
  for (const name of [...states.keys()].filter((each) => !reached.has(each))) {
    diagnostics.add('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`, `${fields.at('States')}/${name}`);
  }
}

function reachedFrom(startAt: string, states: Map<string, State>): Set<string> {
  const reached = new Set<string>();
  const waiting = [startAt];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    waiting.push(...(states.get(name)?.targets ?? []).map((target) => target.name));
  }
  return reached;
}

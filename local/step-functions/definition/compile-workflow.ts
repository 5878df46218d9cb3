import { compileChoice } from '../states/choice.js';
import { compileFail } from '../states/fail.js';
import { compileMap } from '../states/map.js';
import { compileParallel } from '../states/parallel.js';
import { compilePass } from '../states/pass.js';
import { compileSucceed } from '../states/succeed.js';
import { compileTask } from '../states/task.js';
import { compileWait } from '../states/wait.js';
import { Fields, isObject, type QueryLanguage } from './fields.js';
import type { StateSource } from './state-fields.js';
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
  const states = new Map<string, State>();
  for (const name of Object.keys(sources.values)) {
    const state = compileState(name, sources, scope);
    if (state) states.set(name, state);
  }
  const complete = states.size === Object.keys(sources.values).length;
  if (complete) checkGraph(startAt, states, fields);
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
  if (name.length > 80) diagnostics.invalid('State name cannot exceed 80 characters', path);
  if (scope.names.has(name)) diagnostics.invalid(`Duplicate State name: ${name}`, path);
  scope.names.add(name);
  const fields = new Fields(values, path, '', {
    ...sources.scope,
    language: languageOf(values['QueryLanguage'], scope.language),
  });
  checkLanguage(fields, scope.language);
  if (!fields.require('Type')) return undefined;
  const type = fields.oneOf('Type', Object.keys(stateTypes));
  const compile = type === undefined ? undefined : stateTypes[type];
  return compile?.({
    name,
    fields,
    newLabel: scope.newLabel,
    compileWithin: (within) => compileWorkflow(within, scope),
  });
}

/** Only the exact word makes it JSONPath. */
export function languageOf(value: unknown, inherited: QueryLanguage): QueryLanguage {
  if (value === undefined) return inherited;
  return value === 'JSONPath' ? 'JSONPath' : 'JSONata';
}

function checkLanguage(fields: Fields, inherited: QueryLanguage): void {
  fields.oneOf('QueryLanguage', ['JSONPath', 'JSONata']);
  if (inherited === 'JSONata' && fields.get('QueryLanguage') === 'JSONPath') {
    fields.invalid("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
}

/** Every target exists, every state is reached, and some state ends the workflow. */
function checkGraph(startAt: string, states: Map<string, State>, fields: Fields): void {
  const { diagnostics } = fields.scope;
  const reached = new Set<string>();
  const waiting = [{ name: startAt, location: fields.at('StartAt') }];
  const edges = [...waiting, ...[...states.values()].flatMap((state) => state.targets)];
  for (let target = waiting.pop(); target; target = waiting.pop()) {
    if (reached.has(target.name)) continue;
    reached.add(target.name);
    waiting.push(...(states.get(target.name)?.targets ?? []));
  }
  const unreachable = [...states.keys()].filter((name) => !reached.has(name));
  if (![...states.values()].some((state) => state.terminal)) {
    diagnostics.add('MISSING_END_STATE', 'Workflow has no terminal state');
  }
  for (const { name, location } of edges) {
    if (!states.has(name)) diagnostics.add('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${name}`, location);
  }
  for (const name of unreachable) {
    diagnostics.add('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`, `${fields.at('States')}/${name}`);
  }
}

import { type Fields, isObject } from './fields.js';
import type { Json } from '../run/payload.js';

/**
 * The variables that what is within a state sees: those that the workflow's other states assign, and those around it.
 * It must not assign them: Step Functions refuses such a machine. What the state itself assigns comes after.
 * @param outer names that the workflows around this one assign.
 * @returns the names, for the name of a state.
 */
export function variablesOf(states: Fields, outer: ReadonlySet<string>): (state: string) => ReadonlySet<string> {
  const assigned = statesOf(states).map(([name, state]) => ({ name, variables: assignedBy(state) }));
  for (const { name, variables } of assigned) {
    for (const variable of variables.filter((each) => outer.has(each))) {
      states.scope.diagnostics.invalid(
        `The variable '${variable}' is assigned outside of this state's scope and cannot be assigned within it`,
        `${states.path}/${name}`,
      );
    }
  }
  return (state) =>
    new Set([...outer, ...assigned.flatMap(({ name, variables }) => (name === state ? [] : variables))]);
}

function statesOf(states: Fields): [name: string, state: { [key: string]: Json }][] {
  return Object.entries(states.values).flatMap(([name, state]) => (isObject(state) ? [[name, state]] : []));
}

/** Names in a state's own Assign and in those of its Choices and Catch. */
function assignedBy(state: { [key: string]: Json }): string[] {
  const clauses = [state['Choices'], state['Catch']].flatMap((list) => (Array.isArray(list) ? list : []));
  return [state, ...clauses].flatMap((holder) => {
    const assign = isObject(holder) ? holder['Assign'] : undefined;
    return isObject(assign) ? Object.keys(assign) : [];
  });
}

import { type Fields, isObject } from './fields.js';
import type { Json } from '../run/payload.js';

/**
 * The variables that the states of a workflow assign. What is within a Map or Parallel reads the variables around it and
 * must not assign them: Step Functions refuses such a machine. The children of a distributed Map do not see them at all.
 * @param outer names that the workflows around this one assign.
 */
export function variablesOf(states: Fields, outer: ReadonlySet<string>): ReadonlySet<string> {
  const names = new Set(outer);
  for (const [state, path] of statesOf(states)) {
    for (const name of assignedBy(state)) {
      if (outer.has(name)) {
        states.scope.diagnostics.invalid(
          `The variable '${name}' is assigned outside of this state's scope and cannot be assigned within it`,
          path,
        );
      }
      names.add(name);
    }
  }
  return names;
}

function statesOf(states: Fields): [state: { [key: string]: Json }, path: string][] {
  return Object.entries(states.values).flatMap(([name, state]) =>
    isObject(state) ? [[state, `${states.path}/${name}`]] : [],
  );
}

/** Names in a state's own Assign and in those of its Choices and Catch. */
function assignedBy(state: { [key: string]: Json }): string[] {
  const clauses = [state['Choices'], state['Catch']].flatMap((list) => (Array.isArray(list) ? list : []));
  return [state, ...clauses].flatMap((holder) => {
    const assign = isObject(holder) ? holder['Assign'] : undefined;
    return isObject(assign) ? Object.keys(assign) : [];
  });
}

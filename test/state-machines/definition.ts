import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import jsonata from 'jsonata';

export const root = join(__dirname, '../..');

/** A state as it is written. Its fields are looked at one by one. */
export interface State {
  Type: string;
  [field: string]: unknown;
}

export interface Workflow {
  StartAt: string;
  States: Record<string, State>;
  [field: string]: unknown;
}

/** A state, and where it is: states of one scope see each other's variables, and no others. */
export interface Placed {
  name: string;
  state: State;
  scope: Workflow;
}

/** The definitions as they are written, placeholders and all. */
export function definitions(): { file: string; text: string; machine: Workflow }[] {
  return readdirSync(join(root, 'state-machines'))
    .filter((file) => file.endsWith('.asl.json'))
    .map((file) => {
      const text = readFileSync(join(root, 'state-machines', file), 'utf8');
      return { file, text, machine: JSON.parse(text) as Workflow };
    });
}

/** All states, those of Map children too. */
export function statesOf(scope: Workflow): Placed[] {
  return Object.entries(scope.States).flatMap(([name, state]) => [
    { name, state, scope },
    ...(isWorkflow(state['ItemProcessor']) ? statesOf(state['ItemProcessor']) : []),
  ]);
}

export function isWorkflow(value: unknown): value is Workflow {
  return typeof value === 'object' && value !== null && 'States' in value;
}

/** Every string of a value. States inside it (Map children) are left out: they are states of their own. */
export function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || isWorkflow(value)) return [];
  return Object.values(value).flatMap(stringsOf);
}

export function expressionsOf(value: unknown): string[] {
  return stringsOf(value).flatMap((text) => /^\{%([\s\S]*)%\}$/.exec(text)?.[1] ?? []);
}

interface Node {
  type: string;
  value?: unknown;
  procedure?: Node;
}

/** Names of the variables that an expression reads, and of the functions that it calls, without `$`. */
export function namesIn(expression: string): { variables: string[]; functions: string[] } {
  const [variables, functions] = [new Set<string>(), new Set<string>()];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    const called = node.procedure?.type === 'variable' ? node.procedure : undefined;
    if (called) functions.add(String(called.value));
    if (node.type === 'variable') variables.add(String(node.value));
    for (const child of Object.values(node)) if (called === undefined || child !== called) visit(child);
  };
  visit(jsonata(expression).ast());
  return { variables: [...variables], functions: [...functions] };
}

/** Where a state may go on, with the variables that are assigned on that way. */
export function waysOut(state: State): { next: string; assigns: string[] }[] {
  const way = (from: unknown, assigned: unknown[] = []) => {
    const { Next, Assign } = from as { Next?: string; Assign?: object };
    const assigns = [Assign, ...assigned].flatMap((each) => Object.keys(each ?? {}));
    return Next === undefined ? [] : [{ next: Next, assigns }];
  };
  const { Choices = [], Catch = [], Default } = state as { Choices?: object[]; Catch?: object[]; Default?: string };
  return [
    ...way(state),
    ...Choices.flatMap((rule) => way(rule)),
    ...Catch.flatMap((rule) => way(rule)),
    ...way({ Next: Default, Assign: state['Assign'] }),
  ];
}

/** Variables that are assigned on every way to each state of a scope. */
export function assignedBefore(scope: Workflow): Map<string, ReadonlySet<string>> {
  const known = new Map<string, ReadonlySet<string>>([[scope.StartAt, new Set()]]);
  const open = [scope.StartAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const state = scope.States[name];
    if (!state) throw new Error(`There is no state ${name}.`);
    for (const { next, assigns } of waysOut(state)) {
      const here = new Set([...(known.get(name) ?? []), ...assigns]);
      const before = known.get(next);
      const both = before ? new Set([...before].filter((each) => here.has(each))) : here;
      if (before && both.size === before.size) continue;
      known.set(next, both);
      open.push(next);
    }
  }
  return known;
}

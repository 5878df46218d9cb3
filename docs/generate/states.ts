import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { projectRoot } from '../../local/bundle.js';

interface State {
  Type: string;
  Comment?: string | undefined;
  Next?: string | undefined;
  Default?: string | undefined;
  Choices?: { Next: string; Comment?: string | undefined }[] | undefined;
  Arguments?: unknown;
  ItemProcessor?: { StartAt: string; States: Record<string, State> } | undefined;
}

const state: z.ZodType<State> = z.lazy(() =>
  z.object({
    Type: z.string(),
    Comment: z.string().optional(),
    Next: z.string().optional(),
    Default: z.string().optional(),
    Choices: z.array(z.object({ Next: z.string(), Comment: z.string().optional() })).optional(),
    Arguments: z.unknown().optional(),
    ItemProcessor: z.object({ StartAt: z.string(), States: z.record(z.string(), state) }).optional(),
  }),
);
const machine = z.object({ StartAt: z.string(), States: z.record(z.string(), state) });

/** The state machine as a Mermaid diagram. What runs in a Map's children is drawn inside the Map. */
export function stateDiagram(definition: unknown): string {
  const { StartAt, States } = machine.parse(definition);
  const lines = [
    'stateDiagram-v2',
    `  [*] --> ${StartAt}`,
    ...Object.entries(States).flatMap(([name, each]) => draw(name, each)),
  ];
  return `\`\`\`mermaid\n${lines.join('\n')}\n\`\`\``;
}

function draw(name: string, each: State): string[] {
  const id = name.replaceAll('?', '');
  const lines = id === name ? [] : [`  ${id}: ${name}`];
  const inner = Object.entries(each.ItemProcessor?.States ?? {}).filter(([, child]) => child.Type === 'Task');
  if (inner.length > 0) lines.push(`  state ${id} {`, ...inner.map(([child]) => `    ${child}`), '  }');
  const targets = [...(each.Choices ?? []).map(({ Next }) => Next), each.Default, each.Next].filter(
    (next) => next !== undefined,
  );
  lines.push(...targets.map((next) => `  ${id} --> ${next.replaceAll('?', '')}`));
  if (each.Type === 'Succeed' || each.Type === 'Fail') lines.push(`  ${id} --> [*]`);
  return lines;
}

/** State, handler, core function and what it does, as a Markdown table: of the states that call a function. */
export function stateTable(definition: unknown): string {
  const { States } = machine.parse(definition);
  const rows = tasks(States).flatMap(([name, each]) => {
    const handler = handlerOf(each);
    if (handler === undefined) return [];
    const core = coreFileOf(handler);
    return `| \`${name}\` | [\`handlers/${handler}.ts\`](handlers/${handler}.ts) | [\`${core}\`](${core}) | ${each.Comment ?? ''} |`;
  });
  return ['| state | handler | core function | what it does |', '|---|---|---|---|', ...rows].join('\n');
}

function tasks(states: Record<string, State>): [string, State][] {
  return Object.entries(states).flatMap(([name, each]): [string, State][] => {
    if (each.Type === 'Task') return [[name, each]];
    return each.ItemProcessor ? tasks(each.ItemProcessor.States) : [];
  });
}

/** The room of core/ that has a file of the handler's name. */
function coreFileOf(handler: string): string {
  const file = readdirSync(join(projectRoot, 'core'), { recursive: true, encoding: 'utf8' }).find(
    (path) => basename(path) === `${handler}.ts`,
  );
  if (file === undefined)
    throw new Error(`Expected core/<room>/${handler}.ts, the core function of handlers/${handler}.ts.`);
  return `core/${file.replaceAll('\\', '/')}`;
}

/** Undefined of a state that calls no function. */
function handlerOf(each: State): string | undefined {
  const { FunctionName } = z.object({ FunctionName: z.string().optional() }).parse(each.Arguments);
  if (FunctionName === undefined) return undefined;
  const name = FunctionName.replace(/^\$\{(\w+)Function\}$/, '$1');
  return name.replaceAll(/(?<=[a-z])([A-Z])/g, '-$1').toLowerCase();
}

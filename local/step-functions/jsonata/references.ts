/** Which members `$states` has beside `input` and `context`, at one place of a definition. */
export interface StatesMembers {
  result: boolean;
  errorOutput: boolean;
}

/**
 * What an expression refers to that Step Functions does not offer it. An expression has no context item, so a bare name
 * or `$` at the top level reads nothing; `$states.result` and `$states.errorOutput` exist in few places.
 * @returns a sentence for each, in AWS's words.
 */
export function unsupportedReferences(ast: unknown, members: StatesMembers): string[] {
  const problems = new Set<string>();
  collectTopLevel(ast as Node, problems);
  collectAnywhere(ast, members, problems);
  return [...problems];
}

interface Node {
  type?: string;
  value?: unknown;
  steps?: Node[];
  [key: string]: unknown;
}

/** Only the first step of a path stands at the top level. A lambda keeps the context of where it is defined. */
function collectTopLevel(node: Node, problems: Set<string>): void {
  switch (node.type) {
    case 'path': {
      const first = node.steps?.[0];
      if (first) collectTopLevel(first, problems);
      return;
    }
    case 'name':
      problems.add(topLevel(String(node.value)));
      return;
    case 'variable':
      if (node.value === '') problems.add(topLevel('$'));
      return;
    case 'wildcard':
      problems.add(topLevel('*'));
      return;
    case 'descendant':
      problems.add(topLevel('**'));
      return;
    case 'transform':
      return;
    case undefined:
    default:
      for (const part of sameContext) for (const child of nodesOf(node[part])) collectTopLevel(child, problems);
  }
}

function topLevel(name: string): string {
  return `Reference to '${name}' at the top level is not supported.`;
}

/** Parts of a node that are evaluated in its own context: not its filters, sorts and groups. */
const sameContext = [
  'procedure',
  'arguments',
  'lhs',
  'rhs',
  'condition',
  'then',
  'else',
  'expression',
  'expressions',
  'body',
];

function nodesOf(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  return typeof value === 'object' && value !== null ? [value as Node] : [];
}

function collectAnywhere(value: unknown, members: StatesMembers, problems: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectAnywhere(item, members, problems);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if (node.type === 'variable' && node.value === '$') problems.add("Reference to '$$' is not supported.");
  const [first, second] = node.type === 'path' ? (node.steps ?? []) : [];
  if (first?.type === 'variable' && first.value === 'states' && second?.type === 'name') {
    const member = String(second.value);
    const known = { input: true, context: true, ...members } as Record<string, boolean>;
    if (!Object.hasOwn(known, member) || !known[member]) problems.add(`Field '$states.${member}' does not exist.`);
  }
  for (const part of Object.values(node)) collectAnywhere(part, members, problems);
}

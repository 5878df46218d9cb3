/**
 * What an expression refers to that Step Functions does not offer it: an expression has no context item, so a bare name,
 * `$` or `$$` at the top level reads nothing, and `$states.errorOutput` exists in a Catch only.
 * @param location the field of the expression, as in `Catch[0]/Output`.
 * @returns a sentence for each.
 */
export function unsupportedReferences(ast: unknown, location: string): string[] {
  const names = new Set<string>();
  collectTopLevel(ast as Node, names);
  if (!location.startsWith('Catch[') && mentionsErrorOutput(ast)) names.add('$states.errorOutput');
  return [...names].map((name) =>
    name === '$states.errorOutput'
      ? "Reference to '$states.errorOutput' is only supported in a Catch."
      : `Reference to '${name}' at the top level is not supported.`,
  );
}

interface Node {
  type?: string;
  value?: unknown;
  steps?: Node[];
  lhs?: Node | Node[] | Node[][];
  [key: string]: unknown;
}

/** Only the first step of a path stands at the top level; below it, in a lambda and behind a transform, there is a context. */
function collectTopLevel(node: Node, names: Set<string>): void {
  switch (node.type) {
    case 'path': {
      const first = node.steps?.[0];
      if (first) collectTopLevel(first, names);
      return;
    }
    case 'name':
      names.add(String(node.value));
      return;
    case 'variable':
      if (node.value === '') names.add('$');
      if (node.value === '$') names.add('$$');
      return;
    case 'wildcard':
      names.add('*');
      return;
    case 'descendant':
      names.add('**');
      return;
    case 'lambda':
    case 'transform':
      return;
    case undefined:
    default:
      for (const child of children(node)) collectTopLevel(child, names);
  }
}

/** Parts that are evaluated in the same context as the node: not its filters, sorts and groups. */
function children(node: Node): Node[] {
  const parts = ['arguments', 'expressions', 'lhs', 'rhs', 'condition', 'then', 'else', 'procedure', 'expression'];
  return parts.flatMap((part) => flatten(node[part]));
}

function flatten(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(flatten);
  return typeof value === 'object' && value !== null ? [value as Node] : [];
}

function mentionsErrorOutput(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(mentionsErrorOutput);
  if (typeof node !== 'object' || node === null) return false;
  const { type, steps } = node as Node;
  if (
    type === 'path' &&
    steps?.[0]?.value === 'states' &&
    steps[0].type === 'variable' &&
    steps[1]?.value === 'errorOutput'
  ) {
    return true;
  }
  return Object.values(node).some(mentionsErrorOutput);
}

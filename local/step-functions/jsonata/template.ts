import type { Json } from '../run/payload.js';
import { type Expression, jsonOf, looksLikeExpression } from './expression.js';
import type { ExpressionError } from './expression-error.js';

/** JSON of a definition in which any string may be an expression, compiled so that constant parts cost nothing. */
export type Template =
  | { kind: 'constant'; value: Json }
  | { kind: 'expression'; expression: Expression; location: string }
  | { kind: 'object'; entries: [key: string, value: Template][] }
  | { kind: 'array'; items: Template[] };

/** @param location where the template stands in its state, as in `Arguments`; parts of it are named below it. */
export function compileTemplate(
  value: Json,
  location: string,
  compile: (text: string, location: string) => Expression | undefined,
): Template {
  if (typeof value === 'string') {
    const expression = looksLikeExpression(value) ? compile(value, location) : undefined;
    return expression ? { kind: 'expression', expression, location } : { kind: 'constant', value };
  }
  if (typeof value !== 'object' || value === null) return { kind: 'constant', value };
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileTemplate(item, `${location}[${index}]`, compile));
    return items.every(isConstant) ? { kind: 'constant', value } : { kind: 'array', items };
  }
  const entries = Object.entries(value).map(([key, part]): [string, Template] => [
    key,
    compileTemplate(part, `${location}/${key}`, compile),
  ]);
  return entries.every(([, part]) => isConstant(part)) ? { kind: 'constant', value } : { kind: 'object', entries };
}

/** What an expression came to that a template cannot hold, in Step Functions' words. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  constructor(
    readonly location: string,
    readonly source: string,
    problem: string,
  ) {
    super(`The JSONata expression '${source}' specified for the field '${location}' ${problem}`);
  }
}

/** @throws TemplateError where an expression fails, or comes to nothing (undefined) or to a function. */
export async function evaluateTemplate(template: Template, bindings: Record<string, unknown>): Promise<Json> {
  switch (template.kind) {
    case 'constant':
      return template.value;
    case 'expression':
      return evaluateExpression(template.expression, template.location, bindings);
    case 'array': {
      const items: Json[] = [];
      for (const item of template.items) items.push(await evaluateTemplate(item, bindings));
      return items;
    }
    case 'object': {
      const pairs: [string, Json][] = [];
      for (const [key, part] of template.entries) pairs.push([key, await evaluateTemplate(part, bindings)]);
      return Object.fromEntries(pairs);
    }
  }
}

function isConstant(template: Template): boolean {
  return template.kind === 'constant';
}

async function evaluateExpression(
  expression: Expression,
  location: string,
  bindings: Record<string, unknown>,
): Promise<Json> {
  const { source } = expression;
  let result: unknown;
  try {
    result = await expression.evaluate(bindings);
  } catch (error) {
    const { code, message } = error as ExpressionError;
    throw new TemplateError(location, source, `threw an error during evaluation${code ? '.' : ':'} ${message}`);
  }
  if (result === undefined) throw new TemplateError(location, source, 'returned nothing (undefined).');
  const json = jsonOf(result);
  if (json === undefined) throw new TemplateError(location, source, 'returned an unsupported result type.');
  return json;
}

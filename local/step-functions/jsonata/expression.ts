import jsonata from 'jsonata';
import type { Json } from '../run/payload.js';
import { budgetName, guardSteps, newBudget } from './evaluation-budget.js';
import { ExpressionError } from './expression-error.js';
import { type FunctionSources, registerFunctions } from './functions.js';

/** A parsed JSONata expression of a definition, `{% ... %}` taken off. */
export interface Expression {
  source: string;
  /** @throws ExpressionError with JSONata's code and message. */
  evaluate(bindings: Record<string, unknown>): Promise<unknown>;
  /** JSONata's syntax tree. */
  ast: unknown;
}

/** Whether a string of a definition is no literal. Not even a space may stand before the expression. */
export function looksLikeExpression(text: string): boolean {
  return text.startsWith('{%');
}

/** The expression in `{% expression %}`; undefined where its end is missing. */
export function expressionIn(text: string): string | undefined {
  return text.startsWith('{%') && text.endsWith('%}') && text.length >= 4 ? text.slice(2, -2).trim() : undefined;
}

/**
 * Parses once; evaluating a parsed expression costs a fraction of parsing it. Step Functions has no `$eval`: calling it
 * fails as calling any other unknown function does.
 * @throws ExpressionError for a syntax error.
 */
export function compileExpression(source: string, sources: FunctionSources): Expression {
  const parsed = parse(source);
  parsed.assign('eval', undefined);
  registerFunctions((name, implementation, signature) => {
    parsed.registerFunction(name, implementation as (...args: unknown[]) => unknown, signature);
  }, sources);
  guardSteps(parsed);
  return {
    source,
    ast: parsed.ast(),
    evaluate: async (bindings) => {
      try {
        return (await parsed.evaluate(undefined, { ...bindings, [budgetName]: newBudget() })) as unknown;
      } catch (error) {
        throw described(error);
      }
    },
  };
}

/**
 * A result as JSON. JSON has no other numbers than finite ones: like Step Functions, they become their names.
 * @returns undefined where the result is, or holds, a function.
 */
export function jsonOf(value: unknown): Json | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value as Json;
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) return undefined;
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => jsonOf(item ?? null));
    return items.includes(undefined) ? undefined : (items as Json[]);
  }
  const entries = Object.entries(value).flatMap(([key, part]) => (part === undefined ? [] : [[key, jsonOf(part)]]));
  return entries.some(([, part]) => part === undefined) ? undefined : (Object.fromEntries(entries) as Json);
}

function parse(source: string): jsonata.Expression {
  try {
    return jsonata(source);
  } catch (error) {
    throw described(error);
  }
}

function described(error: unknown): ExpressionError {
  if (error instanceof ExpressionError) return error;
  const { code, message } = error as { code?: string; message?: string };
  return new ExpressionError(code, message ?? String(error), { cause: error });
}

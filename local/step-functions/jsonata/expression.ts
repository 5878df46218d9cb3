import jsonata from 'jsonata';
import { type FunctionSources, registerFunctions } from './functions.js';

/** A parsed JSONata expression of a definition, `{% ... %}` taken off. */
export interface Expression {
  source: string;
  /** @throws ExpressionError with JSONata's code and message. */
  evaluate(bindings: Record<string, unknown>): Promise<unknown>;
  /** JSONata's syntax tree. */
  ast: unknown;
}

/** What JSONata says of an expression that does not parse, or fails when it is evaluated. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';

  constructor(
    /** JSONata's code, as in `T1006`. */
    readonly code: string | undefined,
    readonly description: string,
    options?: ErrorOptions,
  ) {
    super(code ? `${code}: ${description}` : description, options);
  }
}

/** The expression in `{% expression %}`; undefined where the text is a literal. Not even a space may stand outside. */
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

/** Whether a result is, or holds, a function: JSON cannot say it. */
export function holdsFunction(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null) return false;
  if ('_jsonata_lambda' in value || '_jsonata_function' in value) return true;
  return Array.isArray(value) ? value.some(holdsFunction) : Object.values(value).some(holdsFunction);
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

/** One evaluation's milliseconds and depth. JSONata has no loops but recursion; one that never ends would block the process. */
const evaluationMs = 1_000;
const evaluationDepth = 5_000;

interface Budget {
  started: number;
  steps: number;
  depth: number;
}

/** The binding that carries an evaluation's budget; no expression can name a variable with a space in it. */
const budgetName = ' budget';

function newBudget(): Budget {
  return { started: performance.now(), steps: 0, depth: 0 };
}

/** JSONata calls these two around every step of an evaluation, if they are bound. */
function guardSteps(parsed: jsonata.Expression): void {
  const bind = (name: symbol, value: unknown) => parsed.assign(name as unknown as string, value);
  bind(Symbol.for('jsonata.__evaluate_entry'), (_node: unknown, _input: unknown, environment: jsonata.Environment) => {
    const budget = environment.lookup(budgetName) as Budget;
    budget.depth += 1;
    budget.steps += 1;
    if (budget.depth > evaluationDepth) {
      throw new ExpressionError('U1001', 'Stack overflow error: Check for non-terminating recursive function.');
    }
    if (budget.steps % 1_024 === 0 && performance.now() - budget.started > evaluationMs) {
      throw new ExpressionError('U1001', 'Expression evaluation timeout: Check for infinite loop');
    }
  });
  bind(Symbol.for('jsonata.__evaluate_exit'), (_node: unknown, _input: unknown, environment: jsonata.Environment) => {
    (environment.lookup(budgetName) as Budget).depth -= 1;
  });
}

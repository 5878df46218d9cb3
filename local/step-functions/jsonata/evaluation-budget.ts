import type jsonata from 'jsonata';
import { ExpressionError, memoryExceeded } from './expression-error.js';

/**
 * Bounds of one evaluation. AWS accepts a sum of 100 terms and not one of 101, an array of 873,782 numbers and not one
 * of 873,783; how long it lets an expression run is not known. What never ends would block the process.
 */
const bounds = { ms: 5_000, depth: 100, bytes: 6_990_256 };

interface Budget {
  started: number;
  steps: number;
  depth: number;
}

/** The binding that carries an evaluation's budget; no expression can name a variable with a space in it. */
export const budgetName = ' budget';

export function newBudget(): Budget {
  return { started: performance.now(), steps: 0, depth: 0 };
}

/** JSONata calls these two around every step of an evaluation, if they are bound. */
export function guardSteps(parsed: jsonata.Expression): void {
  const bind = (name: symbol, value: unknown) => parsed.assign(name as unknown as string, value);
  const budgetOf = (environment: jsonata.Environment) => environment.lookup(budgetName) as Budget;
  bind(Symbol.for('jsonata.__evaluate_entry'), (_node: unknown, _input: unknown, environment: jsonata.Environment) => {
    const budget = budgetOf(environment);
    budget.depth += 1;
    budget.steps += 1;
    if (budget.depth > bounds.depth) {
      throw new ExpressionError(
        undefined,
        'Stack overflow error: Check for non-terminating recursive function. ' +
          `Consider rewriting as tail-recursive. Depth=${budget.depth} max=${bounds.depth}`,
      );
    }
    if (budget.steps % 1_024 === 0 && performance.now() - budget.started > bounds.ms) {
      throw new ExpressionError(undefined, 'Expression evaluation timeout: Check for infinite loop');
    }
  });
  bind(
    Symbol.for('jsonata.__evaluate_exit'),
    (_node: unknown, _input: unknown, environment: jsonata.Environment, result: unknown) => {
      budgetOf(environment).depth -= 1;
      const bytes = typeof result === 'string' ? result.length : Array.isArray(result) ? 8 * result.length : 0;
      if (bytes > bounds.bytes) throw memoryExceeded();
    },
  );
}

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

/** The wording of an expression that makes more than it may. */
export function memoryExceeded(): ExpressionError {
  return new ExpressionError(
    undefined,
    'Expression evaluation memory limit exceeded: Check for excessive memory usage',
  );
}

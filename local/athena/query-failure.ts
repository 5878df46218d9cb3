/**
 * Why a query ended otherwise than well. `category` and `type` are AthenaError's.
 * Source: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
 */
export class QueryFailure extends Error {
  override readonly name = 'QueryFailure';
  readonly state: 'FAILED' | 'CANCELLED';
  /** 1: Athena's, 2: the user's. */
  readonly category: 1 | 2 | 3;
  readonly type: number;
  readonly retryable: boolean;

  constructor(
    message: string,
    {
      state = 'FAILED',
      category = 2,
      type = ERROR_TYPES[/^([A-Z_]+):/.exec(message)?.[1] ?? ''] ?? 1000,
      retryable = false,
      cause,
    }: {
      state?: 'FAILED' | 'CANCELLED';
      category?: 1 | 2 | 3;
      type?: number;
      retryable?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause });
    this.state = state;
    this.category = category;
    this.type = type;
    this.retryable = retryable;
  }
}

/** What the embedded Athena does not do: it says so by name, and the query fails. */
export const notDone = (what: string) => new QueryFailure(`NOT_SUPPORTED: The embedded Athena does not do ${what}.`);

/** By the name with which the engine's messages begin. */
const ERROR_TYPES: Readonly<Record<string, number>> = {
  COLUMN_NOT_FOUND: 1006,
  CONSTRAINT_VIOLATION: 1000,
  DIVISION_BY_ZERO: 1001,
  FUNCTION_NOT_FOUND: 1303,
  INVALID_CAST_ARGUMENT: 1100,
  NOT_SUPPORTED: 1200,
  SCHEMA_NOT_FOUND: 1301,
  TABLE_NOT_FOUND: 1301,
  TYPE_MISMATCH: 1002,
};

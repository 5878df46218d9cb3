import { QueryFailure } from '../query-failure.js';

/** What DuckDB says of a query, in the words of Athena as far as they have the same. */
export function engineFailure(error: Error): QueryFailure {
  // Where the files of this machine lie is nobody's business.
  const message = (error.message.split('\n')[0] ?? '').replaceAll(
    /["']?[^\s"']*s3-backfill-athena-[^\s"']*["']?/g,
    'of a table',
  );
  if (message.includes('using URL decoding'))
    return new QueryFailure(`INVALID_FUNCTION_ARGUMENT: ${message.replace('Invalid Input Error: ', '')}`, {
      cause: error,
    });
  const column = /Referenced column "([^"]*)"|does not have a column named "([^"]*)"/.exec(message);
  if (column)
    return new QueryFailure(
      `COLUMN_NOT_FOUND: line 1:1: Column '${(column[1] ?? column[2] ?? '').toLowerCase()}' cannot be resolved or requester is not authorized to access requested resources`,
      { cause: error },
    );
  if (message.startsWith('Conversion Error'))
    return new QueryFailure(`INVALID_CAST_ARGUMENT: ${message.replace('Conversion Error: ', '')}`, { cause: error });
  if (message.startsWith('Binder Error'))
    return new QueryFailure(`SYNTAX_ERROR: line 1:1: ${message.replace('Binder Error: ', '')}`, { cause: error });
  if (/^(?:Invalid Input|IO) Error: .*(?:CSV|[Pp]arquet|of a table)/.test(message))
    return new QueryFailure(`HIVE_BAD_DATA: ${message}`, { cause: error });
  if (message.startsWith('Out of Memory'))
    return new QueryFailure('Query exhausted resources at this scale factor', { type: 0, cause: error });
  if (/^Out of Range Error|Division by zero/.test(message))
    return new QueryFailure(`NUMERIC_VALUE_OUT_OF_RANGE: ${message}`, { cause: error });
  return new QueryFailure(`GENERIC_INTERNAL_ERROR: ${message}`, { category: 1, type: 200, cause: error });
}

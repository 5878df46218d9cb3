import { LambdaServiceError } from './service-error.js';

/** A function as the API lets it be named. */
export interface FunctionName {
  name: string;
  qualifier: string | undefined;
}

// Source: FunctionName in the Lambda API reference. Name, `account:function:name` or ARN, each with an optional qualifier.
const PATTERN =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:[a-z]{2}(?:-[a-z]+)+-\d+:)?(?:\d{12}:)?(?:function:)?([a-zA-Z0-9-_]{1,64})(?::(\$LATEST|[a-zA-Z0-9-_]+))?$/;

/** Reads a function's name or ARN; throws ValidationException (400) for anything else. */
export function parseFunctionName(given: string): FunctionName {
  const match = PATTERN.exec(given);
  const name = match?.[1];
  if (name === undefined)
    throw new LambdaServiceError(
      'ValidationException',
      400,
      `1 validation error detected: Value '${given}' at 'functionName' failed to satisfy constraint: Member must satisfy ` +
        'regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?' +
        '(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?',
    );
  return { name, qualifier: match?.[2] };
}

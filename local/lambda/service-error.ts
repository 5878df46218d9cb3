import type { AwsCall } from '../access/aws-call.js';
import { denial } from '../access/denial.js';

/** An error of the Lambda service (the function did not run). `name` is AWS's, without a service in front. */
export class LambdaServiceError extends Error {
  readonly status: number;
  readonly reason: string | undefined;

  constructor(name: string, status: number, message: string, reason?: string) {
    super(message);
    this.name = name;
    this.status = status;
    this.reason = reason;
  }
}

export const functionNotFound = (arn: string) =>
  new LambdaServiceError('ResourceNotFoundException', 404, `Function not found: ${arn}`);

export const denied = (call: AwsCall) => new LambdaServiceError('AccessDeniedException', 403, denial(call));

export const rateExceeded = () =>
  new LambdaServiceError(
    'TooManyRequestsException',
    429,
    'Rate Exceeded.',
    'ReservedFunctionConcurrentInvocationLimitExceeded',
  );

export const notJson = (why: string) =>
  new LambdaServiceError('InvalidRequestContentException', 400, `Could not parse request body into json: ${why}`);

export const payloadTooLarge = (limit: number) =>
  new LambdaServiceError(
    'RequestEntityTooLargeException',
    413,
    `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
  );

export const qualifiersDiffer = () =>
  new LambdaServiceError(
    'InvalidParameterValueException',
    400,
    'The derived qualifier from the function name does not match the specified qualifier.',
  );

export const refused = (what: string) =>
  new LambdaServiceError('InvalidParameterValueException', 400, `The embedded Lambda does not do ${what}.`);

/** An error as the service answers it; `code` is the `__type` that SDK clients name their exceptions by. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';

  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
  }
}

export function invalidArn(problem: string): ServiceError {
  return new ServiceError('InvalidArn', `Invalid Arn: '${problem}'`);
}

export function validationException(problem: string): ServiceError {
  return new ServiceError('ValidationException', problem);
}

/** AWS has it; the embedded engine says by name that it has not. */
export function notImplemented(what: string): ServiceError {
  return new ServiceError('NotImplemented', `The embedded engine does not implement ${what}.`);
}

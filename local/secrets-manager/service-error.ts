/** An error as Secrets Manager answers it; `code` is what SDK clients name their exceptions by. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const invalidParameter = (message: string) => new ServiceError('InvalidParameterException', message);
export const invalidRequest = (message: string) => new ServiceError('InvalidRequestException', message);
export const notFound = (what = 'secret') =>
  new ServiceError('ResourceNotFoundException', `Secrets Manager can't find the specified ${what}.`);
/** AWS has it; the embedded Secrets Manager says by name that it has not. */
export const notImplemented = (what: string) =>
  new ServiceError('UnknownOperationException', `The embedded Secrets Manager does not do ${what}.`);

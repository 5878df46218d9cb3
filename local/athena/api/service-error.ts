/** An error as Athena answers it; `code` is what SDK clients name their exceptions by. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: string;
  /** Members beside the message. */
  readonly members: Readonly<Record<string, string>>;

  constructor(code: string, message: string, members: Readonly<Record<string, string>> = {}) {
    super(message);
    this.code = code;
    this.members = members;
  }
}

/** @param errorCode Athena's own, as it was seen on AWS */
export function invalidRequest(message: string, errorCode = 'INVALID_INPUT'): ServiceError {
  return new ServiceError('InvalidRequestException', message, { AthenaErrorCode: errorCode });
}

/** AWS has it; the embedded Athena says by name that it has not. */
export const notImplemented = (what: string) =>
  invalidRequest(`The embedded Athena does not do ${what}.`, 'NOT_SUPPORTED');

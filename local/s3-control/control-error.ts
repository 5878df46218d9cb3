import { element } from '../http/xml.js';

/** The status of each error of S3 Control. */
const STATUSES = {
  AccessDenied: 403,
  IdempotencyException: 400,
  InternalServiceException: 500,
  InvalidRequest: 400,
  JobStatusException: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchJob: 404,
  NotImplemented: 501,
  TooManyRequestsException: 429,
} as const;

export type ControlErrorCode = keyof typeof STATUSES;

/** A refusal of S3 Control. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly status: number;

  constructor(
    readonly code: ControlErrorCode,
    message: string,
  ) {
    super(message);
    this.status = STATUSES[code];
  }
}

export const invalidRequest = (message: string) => new ControlError('InvalidRequest', message);

/** As S3 Control writes an error. */
export function errorXml(code: string, message: string, requestId: string): string {
  return `<ErrorResponse><Error>${element('Code', code)}${element('Message', message)}</Error>${element('RequestId', requestId)}</ErrorResponse>`;
}

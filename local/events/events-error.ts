/** An error as EventBridge answers it; `code` is what SDK clients name their exceptions by. */
export class EventsError extends Error {
  override readonly name = 'EventsError';
  readonly code: EventsErrorCode;

  constructor(code: EventsErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type EventsErrorCode =
  | 'AccessDeniedException'
  | 'InternalException'
  | 'InvalidEventPatternException'
  | 'LimitExceededException'
  | 'ResourceNotFoundException'
  | 'SerializationException'
  | 'ThrottlingException'
  | 'UnknownOperationException'
  | 'ValidationException';

export const invalid = (message: string) => new EventsError('ValidationException', message);

/** AWS has it; the embedded EventBridge says by name that it has not. */
export const notDone = (what: string) => invalid(`The embedded EventBridge does not do ${what}.`);

export const invalidPattern = (reason: string) =>
  new EventsError('InvalidEventPatternException', `Event pattern is not valid. Reason: ${reason}`);

/** An error as SQS answers it. */
export class SqsError extends Error {
  override readonly name = 'SqsError';
  /** By which clients of the JSON protocol name their exceptions. */
  readonly code: SqsErrorCode;

  constructor(code: SqsErrorCode, message: string) {
    super(message);
    this.code = code;
  }

  /** The same error's code in the Query protocol, by which older clients know it, and who is to blame. */
  get queryError(): string {
    return `${QUERY_CODES[this.code] ?? this.code};Sender`;
  }
}

/** Where the two differ. Source: SQS API reference, "Common errors", and answers of AWS. */
const QUERY_CODES: Partial<Record<SqsErrorCode, string>> = {
  AccessDeniedException: 'AccessDenied',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
  InvalidParameterValueException: 'InvalidParameterValue',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  MissingRequiredParameterException: 'MissingParameter',
  PurgeQueueInProgress: 'AWS.SimpleQueueService.PurgeQueueInProgress',
  QueueDeletedRecently: 'AWS.SimpleQueueService.QueueDeletedRecently',
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  RequestThrottled: 'RequestThrottled',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  UnsupportedOperation: 'AWS.SimpleQueueService.UnsupportedOperation',
};

export type SqsErrorCode =
  | 'AccessDeniedException'
  | 'BatchEntryIdsNotDistinct'
  | 'BatchRequestTooLong'
  | 'EmptyBatchRequest'
  | 'InternalError'
  | 'InvalidAttributeName'
  | 'InvalidAttributeValue'
  | 'InvalidBatchEntryId'
  | 'InvalidMessageContents'
  | 'InvalidParameterValueException'
  | 'MessageNotInflight'
  | 'MissingRequiredParameterException'
  | 'OverLimit'
  | 'PurgeQueueInProgress'
  | 'QueueDeletedRecently'
  | 'QueueDoesNotExist'
  | 'QueueNameExists'
  | 'ReceiptHandleIsInvalid'
  | 'RequestThrottled'
  | 'SerializationException'
  | 'TooManyEntriesInBatchRequest'
  | 'UnknownOperationException'
  | 'UnsupportedOperation';

/** `Value 21 for parameter WaitTimeSeconds is invalid. Reason: …` */
export const invalidValue = (value: unknown, parameter: string, reason: string) =>
  new SqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );

export const missing = (parameter: string) =>
  new SqsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`);

export const noSuchQueue = () => new SqsError('QueueDoesNotExist', 'The specified queue does not exist.');

/** AWS has it; the embedded SQS says by name that it has not. */
export const notDone = (what: string) => new SqsError('UnsupportedOperation', `The embedded SQS does not do ${what}.`);

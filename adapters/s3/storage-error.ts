import { StorageError, type StorageErrorKind } from '../../core/errors.js';

/** Codes under which S3 asks for fewer requests; KMS's own come with `KMS.` before them, as a 400. */
const THROTTLED = new Set([
  'SlowDown',
  'ServiceUnavailable',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
  'TooManyRequests',
]);
/** Errors without an answer that say nothing of the network: a defect, or no credentials to ask with. */
const OURS = new Set(['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'CredentialsProviderError']);
/** These stand, whatever the status: the SDK makes a 503 of any error in the body of a 200. */
const REFUSED = new Set([
  'AccessDenied',
  'PreconditionFailed',
  'NoSuchKey',
  'NoSuchVersion',
  'NoSuchBucket',
  'InvalidObjectState',
  'InvalidRequest',
  'NotImplemented',
]);
const TRANSIENT = new Set([
  'InternalError',
  'RequestTimeout',
  'RequestTimeTooSkewed',
  'OperationAborted',
  // A 503 that may last for hours: nothing that a slower rate would mend.
  'GlacierExpeditedRetrievalNotAvailable',
  'NoAnswer',
]);

/**
 * What the SDK throws, as a StorageError under S3's own code, where S3 or the network said it; anything else (a defect,
 * missing credentials) stays what it is. Only words of S3 and the SDK go into the message: never a header.
 */
export function asStorageError(error: unknown): unknown {
  if (error instanceof StorageError || typeof error !== 'object' || error === null) return error;
  const { name, message, $metadata, $response } = error as SdkError;
  const status = $response?.statusCode ?? $metadata?.httpStatusCode;
  if (status === undefined && OURS.has(name)) return error;
  const code = codeOf(name, status);
  return new StorageError(code, message === 'UnknownError' ? code : message, {
    kind: kindOf(code, status),
    status,
    cause: error,
  });
}

/** Runs a call of the SDK; what S3 or the network answers amiss becomes a StorageError. */
export async function storageCall<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asStorageError(error);
  }
}

/** For a HEAD or GET of one object: undefined where S3 says that it is not there. */
export function orMissing<T>(call: () => Promise<T>): Promise<T | undefined> {
  return unless(['NoSuchKey', 'NotFound', 'NoSuchVersion'], call);
}

/** What the call answers; undefined where S3 answers one of these codes. */
export async function unless<T>(codes: readonly string[], call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await storageCall(call);
  } catch (error) {
    if (error instanceof StorageError && codes.includes(error.code)) return undefined;
    throw error;
  }
}

interface SdkError extends Error {
  $metadata?: { httpStatusCode?: number };
  $response?: { statusCode?: number };
}

/** A HEAD has no body, so the SDK names its errors after the status, or not at all. */
const CODE_OF_STATUS: Readonly<Record<number, string>> = {
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
  500: 'InternalError',
  503: 'SlowDown',
};

function codeOf(name: string, status: number | undefined): string {
  if (status === undefined || status === 200) return status === 200 && isCode(name) ? name : 'NoAnswer';
  if (isCode(name)) return name === 'Forbidden' ? 'AccessDenied' : name;
  return CODE_OF_STATUS[status] ?? `Http${status}`;
}

function isCode(name: string): boolean {
  return (
    // Becomes the name of a count: nothing that every object has.
    /^[A-Za-z][\w.-]{0,63}$/.test(name) &&
    !(name in {}) &&
    !['Error', 'UnknownError', 'Unknown', 'TypeError', 'SyntaxError', 'TimeoutError', 'AbortError'].includes(name)
  );
}

function kindOf(code: string, status: number | undefined): StorageErrorKind {
  if (REFUSED.has(code)) return 'refused';
  if (TRANSIENT.has(code)) return 'transient';
  if (THROTTLED.has(code.replace(/^KMS\./, '')) || status === 503 || status === 429) return 'throttled';
  if (status !== undefined && status >= 500 && status !== 501) return 'transient';
  return 'refused';
}

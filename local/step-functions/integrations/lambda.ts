import { limits } from '../limits.js';
import type { LambdaAnswer } from '../ports.js';
import { type Json, Payload } from '../run/payload.js';
import { StateError, Stopped } from '../run/state-error.js';
import { dataLimitExceeded } from '../run/visit.js';
import { withinLimit } from '../run/within-limit.js';
import type { Call, Integration } from './integration.js';
import { sdkMetadata } from './sdk-metadata.js';

/** Invokes a function and waits for its answer. */
export const lambdaInvoke: Integration = {
  service: { resource: 'invoke', resourceType: 'lambda' },
  arguments: {
    FunctionName: 'requiredString',
    Payload: 'optionalJson',
    ClientContext: 'notImplemented',
    InvocationType: 'notImplemented',
    LogType: 'notImplemented',
    Qualifier: 'notImplemented',
  },
  call: async (call) => {
    try {
      return await invoke(call);
    } catch (thrown) {
      throw thrown instanceof StateError || thrown instanceof Stopped ? thrown : serviceError(thrown, call.requestId);
    }
  },
};

async function invoke({ visit: { frame }, arguments: given, limit, requestId }: Call): Promise<Payload> {
  const { services, roleArn } = frame.execution;
  const { ports } = services;
  const payload = JSON.stringify('Payload' in given ? given['Payload'] : {});
  const answer = await withinLimit(frame.signal, limit, ports.workClock, (signal, started) =>
    ports.invokeLambda(given['FunctionName'] as string, payload, signal, started, roleArn),
  );
  if (answer.functionError !== undefined) throw functionError(answer.payload);
  return lambdaResult(answer, requestId, ports.clock.now());
}

/** What `lambda:invoke` makes of an answer: Step Functions wraps the function's own one. */
function lambdaResult(answer: LambdaAnswer, requestId: string, now: number): Payload {
  const length = String(Buffer.byteLength(answer.payload));
  const headers = {
    Connection: 'keep-alive',
    'Content-Length': length,
    'Content-Type': 'application/json',
    Date: new Date(now).toUTCString(),
    'X-Amz-Executed-Version': answer.executedVersion,
    'x-amzn-Remapped-Content-Length': '0',
    'x-amzn-RequestId': requestId,
    'X-Amzn-Trace-Id': traceId(requestId, now),
  };
  const result = Payload.ofValue({
    ExecutedVersion: answer.executedVersion,
    Payload: parsed(answer.payload),
    ...sdkMetadata(headers, requestId),
    StatusCode: 200,
  });
  if (result.bytes > limits.payloadBytes) throw dataLimitExceeded('lambda');
  return result;
}

/** A function error goes under the name that its payload gives it, the payload being the cause. */
function functionError(payload: string): StateError {
  const value = parsed(payload);
  const errorType =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? value['errorType'] : undefined;
  if (typeof errorType === 'string' && errorType !== '') return new StateError(errorType, payload);
  return new StateError(
    'Lambda.Unknown',
    `The cause could not be determined because Lambda did not return an error type. Returned payload: ${payload}`,
  );
}

/** An error of Lambda itself: `Lambda.` and the service's code; what never reached it is an SdkClientException. */
function serviceError(thrown: unknown, requestId: string): StateError {
  const { name, message } = thrown as { name?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : String(thrown);
  if (typeof name !== 'string' || !name.startsWith('Lambda.')) return new StateError('Lambda.SdkClientException', text);
  const code = name.slice('Lambda.'.length);
  // What Step Functions has no name for goes under the service's own; of that kind is only the denial.
  const errorCode = code === 'AWSLambdaException' ? 'AccessDeniedException' : code;
  const status = statusCodes[errorCode];
  if (status === undefined || text.includes('(Service: ')) return new StateError(name, text);
  return new StateError(
    name,
    `${text} (Service: AWSLambda; Status Code: ${status}; Error Code: ${errorCode}; Request ID: ${requestId}; Proxy: null)`,
  );
}

/** Source: the Lambda API's Invoke errors. */
const statusCodes: Record<string, number> = {
  AccessDeniedException: 403,
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  RequestTooLargeException: 413,
  ResourceConflictException: 409,
  ResourceNotFoundException: 404,
  ResourceNotReadyException: 502,
  ServiceException: 500,
  TooManyRequestsException: 429,
};

/** A function may answer what is not JSON; it arrives as a string. */
function parsed(payload: string): Json {
  try {
    return JSON.parse(payload) as Json;
  } catch {
    return payload;
  }
}

/** `Root=1-<epoch seconds>-<24 hex digits>`. */
function traceId(requestId: string, now: number): string {
  const digits = requestId.replaceAll('-', '');
  return `Root=1-${Math.floor(now / 1_000).toString(16)}-${digits.slice(0, 24)};Parent=${digits.slice(16, 32)};Sampled=0`;
}

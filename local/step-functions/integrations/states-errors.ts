import { ServiceError } from '../api/service-error.js';
import { AccessDenied } from '../ports.js';
import { StateError } from '../run/state-error.js';

/**
 * What a state fails with where Step Functions' own API refused what was asked of it: `StepFunctions.` and the SDK's name
 * of the exception. The SDK has none for a denial, which goes under the service's.
 * Source: tests/aws/services/stepfunctions/v2/error_handling/test_task_service_sfn.snapshot.json of localstack/localstack,
 * recorded on AWS.
 * @throws what is no refusal.
 */
export function stepFunctionsError(refusal: unknown, requestId: string): StateError {
  if (refusal instanceof AccessDenied)
    return named('AWSStepFunctionsException', 'AccessDeniedException', refusal.message, requestId);
  if (!(refusal instanceof ServiceError)) throw refusal;
  const { code, message } = refusal;
  return named(code.endsWith('Exception') ? code : `${code}Exception`, code, message, requestId);
}

function named(exception: string, code: string, message: string, requestId: string): StateError {
  return new StateError(
    `StepFunctions.${exception}`,
    `${message} (Service: AWSStepFunctions; Status Code: 400; Error Code: ${code}; Request ID: ${requestId}; Proxy: null)`,
  );
}

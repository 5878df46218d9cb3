import type { EmbeddedLambda } from './embedded-lambda.js';
import { LambdaServiceError } from './service-error.js';

/** What Step Functions learns from an invocation. `payload` is JSON text. */
export interface TaskAnswer {
  payload: string;
  functionError?: string;
  executedVersion: string;
  requestId: string;
}

/**
 * Lambda as Step Functions' `lambda:invoke` sees it: what goes wrong in the service is an error named
 * `Lambda.<exception>` that says what the AWS SDK for Java says.
 */
export function lambdaTask(lambda: EmbeddedLambda) {
  return async (functionName: string, payload: string, signal: AbortSignal): Promise<TaskAnswer> => {
    try {
      return await lambda.invoke(functionName, payload, { signal });
    } catch (error) {
      throw error instanceof LambdaServiceError ? taskError(error) : error;
    }
  };
}

function taskError(error: LambdaServiceError): Error {
  const details = `(Service: Lambda, Status Code: ${error.status}, Request ID: ${crypto.randomUUID()}) (SDK Attempt Count: 1)`;
  const named = new Error(`${error.message} ${details}`, { cause: error });
  named.name = `Lambda.${error.name}`;
  return named;
}

import type { Authorize } from '../access/authorize.js';
import type { StepFunctionsPorts } from '../step-functions/ports.js';
import type { EmbeddedLambda } from './embedded-lambda.js';
import { invocationOf } from './invocation-access.js';
import { denied, LambdaServiceError } from './service-error.js';

/** Lambda as Step Functions' `lambda:invoke` sees it: what goes wrong in the service is named `Lambda.<exception>`. */
export function lambdaTask(lambda: EmbeddedLambda, authorize?: Authorize): StepFunctionsPorts['invokeLambda'] {
  return async (functionName, payload, signal, started, roleArn) => {
    try {
      if (authorize) {
        const call = invocationOf(lambda, roleArn, functionName);
        if (!authorize(call)) throw denied(call);
      }
      return await lambda.invoke(functionName, payload, { signal, onStarted: started });
    } catch (error) {
      if (!(error instanceof LambdaServiceError)) throw error;
      const named = new Error(error.message, { cause: error });
      // Lambda's own error for it is none of those that Step Functions has a name for.
      named.name = `Lambda.${error.name === 'AccessDeniedException' ? 'AWSLambdaException' : error.name}`;
      throw named;
    }
  };
}

import type { EmbeddedLambda } from './embedded-lambda.js';
import { LambdaServiceError } from './service-error.js';

/** Lambda as Step Functions' `lambda:invoke` sees it: what goes wrong in the service is named `Lambda.<exception>`. */
export function lambdaTask(lambda: EmbeddedLambda) {
  return async (functionName: string, payload: string, signal: AbortSignal, started: () => void) => {
    try {
      return await lambda.invoke(functionName, payload, { signal, onStarted: started });
    } catch (error) {
      if (!(error instanceof LambdaServiceError)) throw error;
      const named = new Error(error.message, { cause: error });
      named.name = `Lambda.${error.name}`;
      throw named;
    }
  };
}

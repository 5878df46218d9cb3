import type { AwsCall } from '../access/aws-call.js';
import type { EmbeddedLambda } from './embedded-lambda.js';

/** An Invoke in IAM's words: of the function, or of the version that the caller names. Throws LambdaServiceError for what is no name. */
export function invocationOf(
  lambda: EmbeddedLambda,
  principal: string,
  functionName: string,
  qualifier?: string,
): AwsCall {
  return {
    principal,
    action: 'lambda:InvokeFunction',
    resource: lambda.arnOf(functionName, qualifier),
    context: { 'aws:ResourceAccount': lambda.accountId },
  };
}

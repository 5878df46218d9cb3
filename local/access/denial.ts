import type { AwsCall } from './aws-call.js';
import { callerArn } from './principals.js';

/**
 * How AWS words that a call was denied because nothing allows it.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
 * @param resource as the service writes it; empty where it names none
 */
export function denial({ principal, caller, action, resource: arn }: AwsCall, resource = arn): string {
  const on = resource === '' ? '' : ` on resource: ${resource}`;
  return `User: ${caller ?? callerArn(principal)} is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
}

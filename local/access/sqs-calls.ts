import type { AwsCall } from './aws-call.js';

/**
 * What a request to SQS does: batches need the permission of the call that they are many of.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
 * @param queueArn of the request; undefined where it names none
 */
export function sqsCall(
  operation: string,
  queueArn: string | undefined,
  accountId: string,
): Omit<AwsCall, 'principal'> {
  return {
    action: `sqs:${operation.replace(/Batch$/, '')}`,
    resource: operation === 'ListQueues' || queueArn === undefined ? '*' : queueArn,
    context: { 'aws:ResourceAccount': accountId },
  };
}

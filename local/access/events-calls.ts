import { partitionOf } from '../../contracts/partition.js';
import type { AwsCall } from './aws-call.js';

/**
 * What a request to EventBridge does: something with a rule, or with the bus.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoneventbridge.html
 */
export function eventsCalls(
  operation: string,
  members: Readonly<Record<string, unknown>>,
  { region, accountId }: { region: string; accountId: string },
): Omit<AwsCall, 'principal'>[] {
  const name = members['Name'] ?? members['Rule'];
  const resource =
    operation === 'PutEvents'
      ? `arn:${partitionOf(region)}:events:${region}:${accountId}:event-bus/default`
      : typeof name === 'string'
        ? `arn:${partitionOf(region)}:events:${region}:${accountId}:rule/${name}`
        : '*';
  return [{ action: `events:${operation}`, resource, context: { 'aws:ResourceAccount': accountId } }];
}

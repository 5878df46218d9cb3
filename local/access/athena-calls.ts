import { partitionOf } from '../../contracts/partition.js';
import type { AwsCall } from './aws-call.js';

/**
 * What a request to Athena does. All of it is on the workgroup.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonathena.html
 * @param workGroup of the request, or of the query that it names; undefined where it names none
 */
export function athenaCalls(
  operation: string,
  workGroup: string | undefined,
  { region, accountId }: { region: string; accountId: string },
): Omit<AwsCall, 'principal'>[] {
  if (workGroup === undefined) return [];
  const resource = `arn:${partitionOf(region)}:athena:${region}:${accountId}:workgroup/${workGroup}`;
  return [{ action: `athena:${operation}`, resource, context: { 'aws:ResourceAccount': accountId } }];
}

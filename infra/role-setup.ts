import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { policyStatement } from './permission.js';
import type { Workplace } from './permissions.js';
import { printPolicy } from './print-policy.js';
import { permissionsBy, sideRoles, type SideRole } from './side-roles.js';

/**
 * For each role of a side two outputs for its owner: the trust policy, by which our functions and nobody else may assume it,
 * and the policy of what they do by it. docs/deploy.md says what to do with them.
 */
export function printRoleSetup(
  scope: Construct,
  place: Workplace,
  functions: ReadonlyMap<string, LambdaFunction>,
): void {
  for (const role of sideRoles(place.bounds)) {
    const { permissions, handlers } = permissionsBy(scope, place, role);
    const name = nameOf(role);
    printPolicy(scope, `${name}TrustPolicy`, `Trust policy of the role ${role.roleArn}.`, [
      {
        Sid: 'S3Backfill',
        Effect: 'Allow',
        Principal: { AWS: handlers.map((handler) => functions.get(handler)?.role?.roleArn) },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': role.externalId } },
      },
    ]);
    printPolicy(
      scope,
      `${name}Policy`,
      `Permissions policy of the role ${role.roleArn}.`,
      permissions.map(policyStatement),
    );
  }
}

function nameOf({ sides }: SideRole): string {
  if (sides.length > 1) return 'PairRole';
  return sides.includes('source') ? 'SourceRole' : 'DestinationRole';
}

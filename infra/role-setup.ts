import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { policyStatement } from './permission.js';
import type { Workplace } from './permissions.js';
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
    output(scope, `${name}TrustPolicy`, `Trust policy of the role ${role.roleArn}.`, [
      {
        Sid: 'S3Backfill',
        Effect: 'Allow',
        Principal: { AWS: handlers.map((handler) => functions.get(handler)?.role?.roleArn) },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': role.externalId } },
      },
    ]);
    output(scope, `${name}Policy`, `Permissions policy of the role ${role.roleArn}.`, permissions.map(policyStatement));
  }
}

function nameOf({ sides }: SideRole): string {
  if (sides.length > 1) return 'PairRole';
  return sides.includes('source') ? 'SourceRole' : 'DestinationRole';
}

function output(scope: Construct, id: string, description: string, statements: object[]): void {
  const policy = { Version: '2012-10-17', Statement: statements };
  new CfnOutput(scope, id, { description, value: Stack.of(scope).toJsonString(policy) });
}

import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { policyStatement } from './permission.js';
import type { Workplace } from './permissions.js';
import { printPolicy } from './print-policy.js';
import { permissionsBy, sideRoles, sideSecrets, type SideRole, type SideSecret } from './side-roles.js';

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

/**
 * For the keys of each secret an output for whoever gives them out: the policy of the user whose keys they are, of what all
 * functions together do by them. In the words of IAM, which servers other than AWS may know too.
 */
export function printKeysSetup(scope: Construct, place: Workplace): void {
  for (const secret of sideSecrets(place.bounds))
    printPolicy(
      scope,
      `${sideName(secret)}KeysPolicy`,
      `Permissions policy of whoever has the access key in the secret ${secret.secretArn}.`,
      permissionsBy(scope, place, secret).permissions.map(policyStatement),
    );
}

function nameOf(role: SideRole): string {
  return `${sideName(role)}Role`;
}

function sideName({ sides }: SideRole | SideSecret): string {
  const isOf = (side: 'source' | 'destination') => sides.some((each) => each === side);
  if (isOf('source') && isOf('destination')) return 'Pair';
  return isOf('source') ? 'Source' : 'Destination';
}

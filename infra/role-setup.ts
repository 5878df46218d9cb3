import type { Construct } from 'constructs';
import type { Workshop } from './backfill-machine.js';
import { policyStatement } from './permission.js';
import { printPolicy } from './print-policy.js';
import { permissionsBy, sideRoles, type SideRole } from './side-roles.js';

/**
 * For each role of a side two outputs for its owner: the trust policy, by which our functions and nobody else may assume it,
 * and the policy of what they do by it, a restore's too. docs/deploy.md says what to do with them.
 */
export function printRoleSetup(scope: Construct, workshop: Workshop, restore: Workshop | undefined): void {
  for (const role of sideRoles(workshop.place.bounds)) {
    const own = needsOf(scope, workshop, role);
    const restores = restore ? needsOf(scope, restore, role) : { roles: [], permissions: [] };
    const name = nameOf(role);
    printPolicy(scope, `${name}TrustPolicy`, `Trust policy of the role ${role.roleArn}.`, [
      {
        Sid: 'S3Backfill',
        Effect: 'Allow',
        Principal: { AWS: [...own.roles, ...restores.roles] },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': role.externalId } },
      },
    ]);
    printPolicy(
      scope,
      `${name}Policy`,
      `Permissions policy of the role ${role.roleArn}.`,
      [
        ...own.permissions,
        ...restores.permissions.map((permission) => ({ ...permission, sid: `Restore${permission.sid}` })),
      ].map(policyStatement),
    );
  }
}

/** Which of our roles assume one, and what they do by it; a restore has the same roles, each at the other side. */
function needsOf(scope: Construct, { place, functions }: Workshop, { roleArn }: SideRole) {
  const role = sideRoles(place.bounds).find((each) => each.roleArn === roleArn);
  const { permissions, handlers } = role ? permissionsBy(scope, place, role) : { permissions: [], handlers: [] };
  const roles = handlers.flatMap((handler) => functions.get(handler)?.role?.roleArn ?? []);
  return { permissions, roles };
}

function nameOf({ sides }: SideRole): string {
  if (sides.length > 1) return 'PairRole';
  return sides.includes('source') ? 'SourceRole' : 'DestinationRole';
}

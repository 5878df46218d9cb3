import type { Construct } from 'constructs';
import type { Workshop } from './backfill-machine.js';
import { policyStatement, type Permission } from './permission.js';
import { printPolicy } from './print-policy.js';
import { permissionsBy, sideRoles, sideSecrets, type SideRole, type SideSecret } from './side-roles.js';

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
      [...own.permissions, ...restores.permissions.map(ofRestore)].map(policyStatement),
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

/**
 * For the keys of each secret an output for whoever gives them out: the policy of the user whose keys they are, of what all
 * functions together do by them. In the words of IAM, which servers other than AWS may know too.
 */
export function printKeysSetup(scope: Construct, { place }: Workshop, restore: Workshop | undefined): void {
  for (const secret of sideSecrets(place.bounds)) {
    const own = permissionsBy(scope, place, secret).permissions;
    const same = restore && sideSecrets(restore.place.bounds).find(({ secretArn }) => secretArn === secret.secretArn);
    const restores = restore && same ? permissionsBy(scope, restore.place, same).permissions : [];
    printPolicy(
      scope,
      `${sideName(secret)}KeysPolicy`,
      `Permissions policy of whoever has the access key in the secret ${secret.secretArn}.`,
      [...own, ...restores.map(ofRestore)].map(policyStatement),
    );
  }
}

/** Statements of one policy have names of their own. */
function ofRestore(permission: Permission): Permission {
  return { ...permission, sid: `Restore${permission.sid}` };
}

function nameOf(role: SideRole): string {
  return `${sideName(role)}Role`;
}

function sideName({ sides }: SideRole | SideSecret): string {
  const isOf = (side: 'source' | 'destination') => sides.some((each) => each === side);
  if (isOf('source') && isOf('destination')) return 'Pair';
  return isOf('source') ? 'Source' : 'Destination';
}

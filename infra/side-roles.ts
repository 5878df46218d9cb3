import type { IConstruct } from 'constructs';
import type { RunBounds } from '../contracts/pair.js';
import type { Permission } from './permission.js';
import type { Workplace } from './permission-statements.js';
import { permissionsOf } from './permissions.js';

/** A role by which sides of the pair are reached, whoever's it is. */
export interface SideRole {
  roleArn: string;
  externalId: string | undefined;
  sides: ('source' | 'destination')[];
}

/** The roles of the pair's sides: none, one, or two; one that both sides share stands here once. */
export function sideRoles(bounds: Pick<RunBounds, 'source' | 'destination'>): SideRole[] {
  const roles: SideRole[] = [];
  for (const side of ['source', 'destination'] as const) {
    const { roleArn, externalId } = bounds[side];
    const known = roles.find((each) => each.roleArn === roleArn);
    if (known) known.sides.push(side);
    else if (roleArn !== undefined) roles.push({ roleArn, externalId, sides: [side] });
  }
  return roles;
}

/** A secret with the keys by which sides of the pair are reached; an inventory is reached as its source is. */
export interface SideSecret {
  secretArn: string;
  /** The key of KMS that it is encrypted with, where that is one of the user's own. */
  keyArn: string | undefined;
  sides: ('source' | 'destination' | 'inventory')[];
}

/** The secrets of the pair's sides: none, one, or two. */
export function sideSecrets({ source, destination }: Pick<RunBounds, 'source' | 'destination'>): SideSecret[] {
  const secrets: SideSecret[] = [];
  const add = (side: RunBounds['source'], sides: SideSecret['sides']) => {
    const { credentialsSecretArn: secretArn, credentialsSecretKmsKeyArn: keyArn } = side;
    const known = secrets.find((each) => each.secretArn === secretArn);
    if (known) known.sides.push(...sides);
    else if (secretArn !== undefined) secrets.push({ secretArn, keyArn, sides });
  };
  add(source, ['source', 'inventory']);
  add(destination, ['destination']);
  return secrets;
}

/**
 * What each handler may do by its own role: on a side that has a role nothing but assume that one, on a side that has keys
 * nothing but read their secret, and only where the handler reaches the side.
 */
export function ownPermissionsOf(scope: IConstruct, place: Workplace): Record<string, Permission[]> {
  const roles = sideRoles(place.bounds);
  const secrets = sideSecrets(place.bounds);
  return Object.fromEntries(
    Object.entries(permissionsOf(scope, place)).map(([handler, permissions]) => {
      const reaches = (by: { sides: readonly string[] }) => permissions.some((each) => isBy(by, each));
      const own = permissions.filter((each) => ![...roles, ...secrets].some((by) => isBy(by, each)));
      return [handler, [...own, ...assumeRoles(roles.filter(reaches)), ...readSecrets(secrets.filter(reaches))]];
    }),
  );
}

/** What all handlers together do by a role, or by the keys of a secret, and which ones do. */
export function permissionsBy(
  scope: IConstruct,
  place: Workplace,
  by: SideRole | SideSecret,
): { permissions: Permission[]; handlers: string[] } {
  const bySid = new Map<string, Permission>();
  const handlers: string[] = [];
  for (const [handler, permissions] of Object.entries(permissionsOf(scope, place))) {
    const needed = permissions.filter((each) => isBy(by, each));
    if (needed.length > 0) handlers.push(handler);
    for (const each of needed) {
      const actions = new Set([...(bySid.get(each.sid)?.actions ?? []), ...each.actions]);
      bySid.set(each.sid, { ...each, actions: [...actions] });
    }
  }
  return { permissions: [...bySid.values()], handlers };
}

function isBy({ sides }: { sides: readonly string[] }, { side }: Permission): boolean {
  return side !== undefined && sides.includes(side);
}

function assumeRoles(roles: readonly SideRole[]): Permission[] {
  if (roles.length === 0) return [];
  return [{ sid: 'AssumeRoles', actions: ['sts:AssumeRole'], resources: roles.map(({ roleArn }) => roleArn) }];
}

/** A secret under a key of one's own is decrypted as whoever reads it, through Secrets Manager and not otherwise. */
function readSecrets(secrets: readonly SideSecret[]): Permission[] {
  const keys = [...new Set(secrets.flatMap(({ keyArn }) => keyArn ?? []))];
  return [
    ...(secrets.length === 0
      ? []
      : [
          {
            sid: 'ReadSecrets',
            actions: ['secretsmanager:GetSecretValue'],
            resources: secrets.map(({ secretArn }) => secretArn),
          },
        ]),
    ...(keys.length === 0
      ? []
      : [
          {
            sid: 'UseSecretKeys',
            actions: ['kms:Decrypt'],
            resources: keys,
            conditions: { StringLike: { 'kms:ViaService': 'secretsmanager.*' } },
          },
        ]),
  ];
}

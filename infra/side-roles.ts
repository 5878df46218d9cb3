import type { IConstruct } from 'constructs';
import type { RunBounds } from '../contracts/pair.js';
import type { Permission } from './permission.js';
import { permissionsOf, type Workplace } from './permissions.js';

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

/**
 * What each handler may do by its own role: on a side that has a role nothing but assume that one, and only where the
 * handler reaches the side.
 */
export function ownPermissionsOf(scope: IConstruct, place: Workplace): Record<string, Permission[]> {
  const roles = sideRoles(place.bounds);
  return Object.fromEntries(
    Object.entries(permissionsOf(scope, place)).map(([handler, permissions]) => {
      const assumed = roles.filter((role) => permissions.some((each) => isBy(role, each)));
      const own = permissions.filter((each) => !roles.some((role) => isBy(role, each)));
      return [handler, assumed.length === 0 ? own : [...own, assumeRoles(assumed)]];
    }),
  );
}

/** What all handlers together do by a role, and which ones do. */
export function permissionsBy(
  scope: IConstruct,
  place: Workplace,
  role: SideRole,
): { permissions: Permission[]; handlers: string[] } {
  const bySid = new Map<string, Permission>();
  const handlers: string[] = [];
  for (const [handler, permissions] of Object.entries(permissionsOf(scope, place))) {
    const needed = permissions.filter((each) => isBy(role, each));
    if (needed.length > 0) handlers.push(handler);
    for (const each of needed) {
      const actions = new Set([...(bySid.get(each.sid)?.actions ?? []), ...each.actions]);
      bySid.set(each.sid, { ...each, actions: [...actions] });
    }
  }
  return { permissions: [...bySid.values()], handlers };
}

function isBy({ sides }: SideRole, { side }: Permission): boolean {
  return side !== undefined && sides.includes(side);
}

function assumeRoles(roles: readonly SideRole[]): Permission {
  return { sid: 'AssumeRoles', actions: ['sts:AssumeRole'], resources: roles.map(({ roleArn }) => roleArn) };
}

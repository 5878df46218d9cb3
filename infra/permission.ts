import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { acknowledge, wildcardFinding } from './acknowledge.js';

/** A statement of a policy that allows something. */
export interface Permission {
  sid: string;
  actions: readonly string[];
  /** ARNs. */
  resources: readonly string[];
  conditions?: Record<string, Record<string, string | string[]>>;
  /**
   * Where a side's own role may do it, or its own keys, if the side has them: then the handler goes by those and needs no
   * more. An inventory has its source's keys.
   */
  side?: 'source' | 'destination' | 'inventory';
  /** Why a resource has a wildcard in it. */
  why?: string;
}

/** Puts permissions in a role's own policy, with the reason for each wildcard. Throws where a wildcard has none. */
export function allow(role: Role, permissions: readonly Permission[]): void {
  for (const permission of permissions) role.addToPolicy(statementOf(permission));
  acknowledge(role, reasonsOf(role, permissions));
}

export function statementOf({ sid, actions, resources, conditions }: Permission): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions: [...actions],
    resources: [...resources],
    ...(conditions ? { conditions } : {}),
  });
}

/** The same in the words of a policy, without a principal. */
export function policyStatement({ sid, actions, resources, conditions }: Permission): object {
  return {
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources,
    ...(conditions ? { Condition: conditions } : {}),
  };
}

/** `{finding: why}` of each resource with a wildcard. */
export function reasonsOf(scope: Role, permissions: readonly Permission[]): Record<string, string> {
  const reasons: Record<string, string> = {};
  for (const { sid, resources, why } of permissions)
    for (const resource of resources.filter((each) => each.includes('*'))) {
      if (why === undefined) throw new Error(`Permission ${sid} names ${resource} and does not say why.`);
      const finding = wildcardFinding(scope, resource);
      reasons[finding] = reasons[finding] === undefined ? why : `${reasons[finding]} ${why}`;
    }
  return reasons;
}

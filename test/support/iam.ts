import { runSimulation, runUnsafeSimulation, type Simulation } from '@cloud-copilot/iam-simulate';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { PolicyDocument } from './deployed-stack.js';

/** What a call is judged by. */
export interface Policies {
  /** By the principal's ARN. */
  identity: ReadonlyMap<string, PolicyDocument[]>;
  /** Of a resource that has a policy of its own. */
  resource: (arn: string) => PolicyDocument | undefined;
}

/** Whether IAM would allow a call. Throws where the call itself is not what IAM knows: an action, a resource or a key of no service. */
export async function isAllowed(call: AwsCall, policies: Policies): Promise<boolean> {
  const result = await runSimulation(simulationOf(call, policies), {});
  if (result.resultType === 'error')
    throw new Error(`${call.action} on ${call.resource}: ${JSON.stringify(result.errors)}`);
  return result.overallResult === 'Allowed';
}

/**
 * The same at once, for an engine that enforces it, by the roles' own policies: the package's quick way fails where a
 * resource has one. Remembers: a run makes the same few calls over and over.
 */
export function enforcer({ identity }: Policies): (call: AwsCall) => boolean {
  const policies: Policies = { identity, resource: () => undefined };
  const known = new Map<string, boolean>();
  return (call) => {
    const id = JSON.stringify(call);
    const allowed = known.get(id) ?? runUnsafeSimulation(simulationOf(call, policies), {}) === 'Allowed';
    known.set(id, allowed);
    return allowed;
  };
}

function simulationOf({ principal, action, resource, context }: AwsCall, policies: Policies): Simulation {
  const resourcePolicy = policies.resource(resource);
  return {
    request: {
      principal,
      action,
      resource: { resource, accountId: String(context['aws:ResourceAccount'] ?? '123456789012') },
      contextVariables: { ...mutable(context), 'aws:SecureTransport': 'true', 's3:TlsVersion': '1.3' },
    },
    identityPolicies: (policies.identity.get(principal) ?? []).map((policy, index) => ({
      name: `policy-${index}`,
      policy,
    })),
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(resourcePolicy ? { resourcePolicy } : {}),
  };
}

function mutable(context: AwsCall['context']): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(context).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
  );
}

/** Whether a resource of a policy covers an ARN. Patterns have `*`, `?`, and `${*}` and the like for the characters themselves. */
export function covers(pattern: string, arn: string): boolean {
  const source = pattern.replaceAll(/\$\{([*?$])\}|[*?]|[\\^$.|+()[\]{}]/g, (part, literal: string | undefined) => {
    if (literal !== undefined) return `\\${literal}`;
    if (part === '*') return '[^]*';
    return part === '?' ? '[^]' : `\\${part}`;
  });
  return new RegExp(`^${source}$`).test(arn);
}

/** One action that a role may do on one resource, or pattern of resources. */
export interface Grant {
  /** `CopyChunk`. */
  role: string;
  /** Its ARN. */
  principal: string;
  action: string;
  resource: string;
}

/** All that the roles of a deployed stack may do, one by one. */
export function grantsOf(policies: Policies['identity']): Grant[] {
  return [...policies].flatMap(([principal, documents]) =>
    documents
      .flatMap(({ Statement }) => Statement)
      .flatMap(({ Action, Resource }) =>
        [Action]
          .flat()
          .flatMap((action) =>
            [Resource].flat().map((resource) => ({ role: roleOf(principal), principal, action, resource })),
          ),
      ),
  );
}

/** `CopyChunk` of `arn:aws:iam::…:role/BackfillCopyChunkRole124D8455`. */
export function roleOf(principal: string): string {
  return /role\/Backfill(\w+)Role[0-9A-F]{8}$/.exec(principal)?.[1] ?? principal;
}

/** Whether a call is one that the grant allows. */
export function isUnder({ principal, action, resource }: Grant, call: AwsCall): boolean {
  return call.principal === principal && call.action === action && covers(resource, call.resource);
}

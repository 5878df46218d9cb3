import type { Authorize } from '../access/authorize.js';
import type { Identities } from '../access/identities.js';
import type { Caller } from '../access/principals.js';
import type { AssumableRole, RoleSession } from '../access/role-sessions.js';

/** Who asks, of whom, and when. */
export interface AssumeRoleScope {
  identities: Identities;
  caller: Caller;
  /** Milliseconds since the epoch, by the engine's clock. */
  now: number;
  authorize?: Authorize | undefined;
}

export type AssumeRoleAnswer =
  | { kind: 'assumed'; session: RoleSession }
  | { kind: 'refused'; status: number; code: string; message: string };

/**
 * STS AssumeRole: credentials of a role's session, for whom both the caller's own permissions and the role's trust let.
 * Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function assumeRole(parameters: URLSearchParams, scope: AssumeRoleScope): AssumeRoleAnswer {
  const { identities, caller, now } = scope;
  const unknown = [...parameters.keys()].find((name) => !KNOWN.has(name));
  if (unknown !== undefined)
    return refused(
      501,
      'NotImplemented',
      `The embedded STS does not implement the parameter ${unknown} of AssumeRole.`,
    );
  const faults = faultsOf(parameters);
  if (faults.length > 0) return invalid(validationError(faults));
  const roleArn = parameters.get('RoleArn') ?? '';
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/./.test(roleArn)) return invalid(`${roleArn} is invalid`);
  if (caller.principal.endsWith(':root')) return denied('Roles may not be assumed by root accounts.');
  const role = identities.role(roleArn);
  if (!role || !mayAssume(role, parameters, scope))
    return denied(`User: ${caller.arn} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`);
  const seconds = Number(parameters.get('DurationSeconds') ?? HOUR);
  if (isRole(caller) && seconds > HOUR)
    return invalid(
      'The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
    );
  if (seconds > (role.maxSessionSeconds ?? HOUR))
    return invalid('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  // Times of STS have no fraction of a second.
  const expiresAt = Math.floor(now / 1000) * 1000 + seconds * 1000;
  return { kind: 'assumed', session: identities.assume(roleArn, parameters.get('RoleSessionName') ?? '', expiresAt) };
}

const HOUR = 3600;
const KNOWN = new Set(['Action', 'Version', 'RoleArn', 'RoleSessionName', 'DurationSeconds', 'ExternalId']);

const isRole = ({ principal }: Caller) => /:(role|assumed-role)\//.test(principal);

function mayAssume(
  { roleArn, trusts }: AssumableRole,
  parameters: URLSearchParams,
  { caller: { principal, arn }, authorize }: AssumeRoleScope,
): boolean {
  const externalId = parameters.get('ExternalId') ?? undefined;
  const call = {
    principal,
    caller: arn,
    action: 'sts:AssumeRole',
    resource: roleArn,
    context: {
      'aws:ResourceAccount': roleArn.split(':')[4] ?? '',
      'sts:RoleSessionName': parameters.get('RoleSessionName') ?? '',
      ...(externalId !== undefined && { 'sts:ExternalId': externalId }),
    },
  };
  return (authorize?.(call) ?? true) && trusts(principal, externalId);
}

/** What is wrong with the parameters, each in STS's words. */
function faultsOf(parameters: URLSearchParams): string[] {
  const duration = parameters.get('DurationSeconds');
  return [
    ...textFaults('roleArn', parameters.get('RoleArn'), { min: 20, max: 2048, required: true }),
    ...textFaults('roleSessionName', parameters.get('RoleSessionName'), {
      min: 2,
      max: 64,
      pattern: String.raw`[\w+=,.@-]*`,
      required: true,
    }),
    ...textFaults('externalId', parameters.get('ExternalId'), {
      min: 2,
      max: 1224,
      pattern: String.raw`[\w+=,.@:\/-]*`,
    }),
    ...(duration === null ? [] : durationFaults(duration)),
  ];
}

function textFaults(
  name: string,
  value: string | null,
  { min, max, pattern, required = false }: { min: number; max: number; pattern?: string; required?: boolean },
): string[] {
  if (value === null) return required ? [`Value null at '${name}' ${UNMET}: Member must not be null`] : [];
  const at = `Value '${value}' at '${name}' ${UNMET}: Member must`;
  return [
    ...(value.length < min ? [`${at} have length greater than or equal to ${min}`] : []),
    ...(value.length > max ? [`${at} have length less than or equal to ${max}`] : []),
    ...(pattern !== undefined && !new RegExp(`^${pattern}$`).test(value)
      ? [`${at} satisfy regular expression pattern: ${pattern}`]
      : []),
  ];
}

function durationFaults(text: string): string[] {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  const at = `Value '${text}' at 'durationSeconds' ${UNMET}: Member must have value`;
  if (seconds > 43_200) return [`${at} less than or equal to 43200`];
  return seconds >= 900 ? [] : [`${at} greater than or equal to 900`];
}

const UNMET = 'failed to satisfy constraint';

const validationError = (faults: readonly string[]) =>
  `${faults.length} validation error${faults.length === 1 ? '' : 's'} detected: ${faults.join('; ')}`;

const refused = (status: number, code: string, message: string): AssumeRoleAnswer => ({
  kind: 'refused',
  status,
  code,
  message,
});
const invalid = (message: string) => refused(400, 'ValidationError', message);
const denied = (message: string) => refused(403, 'AccessDenied', message);

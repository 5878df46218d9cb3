import { createHash } from 'node:crypto';
import type { Credentials } from '../http/signature-v4.js';

/** The account itself, for whom the engine's main credentials stand. */
export const rootArn = (accountId: string, partition = 'aws') => `arn:${partition}:iam::${accountId}:root`;

/** In whichever partition the account is. */
export const isRootOf = (principal: string, accountId: string) => principal.endsWith(`:iam::${accountId}:root`);

/** Whoever signs with a key. */
export const principalOf = ({ principalArn }: Credentials, accountId: string) => principalArn ?? rootArn(accountId);

/** Whoever sends a request. */
export interface Caller {
  /** As permissions are asked for: a role's session is its role. */
  principal: string;
  /** As errors and STS name it: a role is its session. */
  arn: string;
  /** Twelve digits. */
  account: string;
  /** The unique id, as IAM makes them. */
  userId: string;
}

export function callerOf(signer: Credentials, accountId: string): Caller {
  const principal = principalOf(signer, accountId);
  return {
    principal,
    arn: callerArn(principal, signer.sessionName),
    account: principal.split(':')[4] ?? accountId,
    userId: userIdOf(principal, accountId, signer.sessionName),
  };
}

/**
 * How STS and the errors of services name a principal: a role appears as its session, whose ARN has no path.
 * @param sessionName on AWS made by the service that assumed the role, where it was not AssumeRole that named it
 */
export function callerArn(principalArn: string, sessionName = SESSION_NAME): string {
  const [, partition, account, path] = /^arn:(aws[\w-]*):iam::(\d{12}):role\/(.+)$/.exec(principalArn) ?? [];
  return path === undefined
    ? principalArn
    : `arn:${partition}:sts::${account}:assumed-role/${path.split('/').at(-1)}/${sessionName}`;
}

export const SESSION_NAME = 'embedded';

/** Unique ids are 21 letters and digits that begin with the kind; a role's session has its name behind it. */
export function userIdOf(principal: string, accountId: string, sessionName = SESSION_NAME): string {
  const resource = principal.split(':')[5] ?? '';
  if (resource === 'root') return accountId;
  const unique = createHash('sha256').update(principal).digest('hex').toUpperCase().slice(0, 17);
  if (resource.startsWith('user/')) return `AIDA${unique}`;
  return `AROA${unique}:${resource.startsWith('role/') ? sessionName : resource.split('/').at(-1)}`;
}

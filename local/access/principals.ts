import type { Credentials } from '../http/signature-v4.js';

/** The account itself, for whom the engine's main credentials stand. */
export const rootArn = (accountId: string) => `arn:aws:iam::${accountId}:root`;

/** Whoever signs with a key. */
export const principalOf = ({ principalArn }: Credentials, accountId: string) => principalArn ?? rootArn(accountId);

/**
 * How STS and the errors of services name a principal: a role appears as its session, whose ARN has no path.
 * On AWS the session's name is made by the service that assumed the role.
 */
export function callerArn(principalArn: string): string {
  const [, account, path] = /^arn:aws:iam::(\d{12}):role\/(.+)$/.exec(principalArn) ?? [];
  return path === undefined
    ? principalArn
    : `arn:aws:sts::${account}:assumed-role/${path.split('/').at(-1)}/${SESSION_NAME}`;
}

export const SESSION_NAME = 'embedded';

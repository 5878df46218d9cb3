import type { Credentials } from '../http/signature-v4.js';
import { type AssumableRole, type RoleSession, newRoleSession } from './role-sessions.js';

/** An access key, and whom it stands for. */
export interface Identity {
  accessKeyId: string;
  secretAccessKey: string;
  /** `arn:aws:iam::123456789012:role/name`: requests count as made by the role. */
  principalArn: string;
}

/** All access keys of an engine: the root's, those that were added for others, and those of roles that were assumed. */
export class Identities {
  readonly #keys = new Map<string, Credentials>();
  readonly #roles = new Map<string, AssumableRole>();

  constructor(root: Credentials) {
    this.#keys.set(root.accessKeyId, root);
  }

  /** By access key; shows what is added later too. */
  get keys(): ReadonlyMap<string, Credentials> {
    return this.#keys;
  }

  /** Requests that are signed with this key are served from now on. Throws where the key is known, or the ARN names nobody. */
  add({ accessKeyId, secretAccessKey, principalArn }: Identity): void {
    if (this.#keys.has(accessKeyId))
      throw new Error(`The access key ${accessKeyId} is known already; give another one.`);
    if (!/^arn:aws[\w-]*:(?:iam|sts)::\d{12}:(?:user|role|assumed-role)\/./.test(principalArn))
      throw new Error(`Expected the ARN of a user, a role or a role's session; got ${principalArn}.`);
    this.#keys.set(accessKeyId, { accessKeyId, secretAccessKey, principalArn });
  }

  /** Requests that are signed with this key are refused from now on, as when somebody deletes it. */
  remove(accessKeyId: string): void {
    this.#keys.delete(accessKeyId);
  }

  /** The role can be assumed from now on; added again, it is replaced. Throws where the ARN is no role's. */
  addRole(role: AssumableRole): void {
    if (!/^arn:aws[\w-]*:iam::\d{12}:role\/./.test(role.roleArn))
      throw new Error(`Expected the ARN of a role; got ${role.roleArn}.`);
    this.#roles.set(role.roleArn, role);
  }

  /** A role that was added. */
  role(roleArn: string): AssumableRole | undefined {
    return this.#roles.get(roleArn);
  }

  /** Credentials of a new session of a role, asking nobody. @param expiresAt milliseconds since the epoch, by the engine's clock */
  assume(roleArn: string, sessionName: string, expiresAt: number): RoleSession {
    const session = newRoleSession(roleArn, sessionName, expiresAt);
    this.#keys.set(session.accessKeyId, session);
    return session;
  }
}

/** Keys by access key, of one, some or all. */
export function keysOf(
  credentials: Identities | Credentials | readonly Credentials[],
): ReadonlyMap<string, Credentials> {
  if (credentials instanceof Identities) return credentials.keys;
  return new Map([credentials].flat().map((entry) => [entry.accessKeyId, entry]));
}

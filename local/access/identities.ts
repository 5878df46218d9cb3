import type { Credentials } from '../http/signature-v4.js';

/** An access key, and whom it stands for. */
export interface Identity {
  accessKeyId: string;
  secretAccessKey: string;
  /** `arn:aws:iam::123456789012:role/name`: requests count as made by the role. */
  principalArn: string;
}

/** All access keys of an engine: the root's, and those that were added for others. */
export class Identities {
  readonly #keys = new Map<string, Credentials>();

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
    if (!/^arn:aws:(?:iam|sts)::\d{12}:(?:user|role|assumed-role)\/./.test(principalArn))
      throw new Error(`Expected the ARN of a user, a role or a role's session; got ${principalArn}.`);
    this.#keys.set(accessKeyId, { accessKeyId, secretAccessKey, principalArn });
  }
}

/** Keys by access key, of one, some or all. */
export function keysOf(
  credentials: Identities | Credentials | readonly Credentials[],
): ReadonlyMap<string, Credentials> {
  if (credentials instanceof Identities) return credentials.keys;
  return new Map([credentials].flat().map((entry) => [entry.accessKeyId, entry]));
}

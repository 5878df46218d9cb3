import { randomInt } from 'node:crypto';

/** One value that a secret has had. */
interface Version {
  id: string;
  value: { SecretString: string } | { SecretBinary: string };
  /** Staging labels; a version without any is gone. */
  stages: Set<string>;
  createdAt: number;
}

/** Times are milliseconds since the epoch, by the engine's clock. */
export interface Secret {
  arn: string;
  name: string;
  description: string | undefined;
  /** ARN of a key of KMS; undefined for the one that Secrets Manager has in each account. */
  kmsKeyArn: string | undefined;
  createdAt: number;
  changedAt: number;
  accessedAt: number | undefined;
  /** When it was marked for deletion, and when it is gone. */
  deleted: { at: number; until: number } | undefined;
  versions: Version[];
}

/** Six letters and digits, which Secrets Manager puts behind a name so that a secret made anew is another one. */
export function suffix(): string {
  return Array.from({ length: 6 }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/**
 * Adds a version under staging labels, which it takes from whatever version had them. The one that was current is the
 * previous one then.
 */
export function addVersion(secret: Secret, version: Omit<Version, 'stages'>, stages: readonly string[]): void {
  const current = secret.versions.find((each) => each.stages.has(CURRENT));
  for (const each of secret.versions) for (const stage of stages) each.stages.delete(stage);
  if (current && stages.includes(CURRENT)) {
    for (const each of secret.versions) each.stages.delete(PREVIOUS);
    current.stages.delete('AWSPENDING');
    current.stages.add(PREVIOUS);
  }
  secret.versions.push({ ...version, stages: new Set(stages) });
  secret.versions = secret.versions.filter((each) => each.stages.size > 0);
  secret.changedAt = version.createdAt;
}

export const CURRENT = 'AWSCURRENT';
const PREVIOUS = 'AWSPREVIOUS';

/** `{<version id>: [<stages>]}` */
export function stagesOf({ versions }: Secret): Record<string, string[]> {
  return Object.fromEntries(versions.map(({ id, stages }) => [id, [...stages].toSorted()]));
}

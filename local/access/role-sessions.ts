import { randomBytes } from 'node:crypto';
import type { Credentials } from '../http/signature-v4.js';

/** A role that may be assumed. */
export interface AssumableRole {
  /** `arn:aws:iam::123456789012:role/name` */
  roleArn: string;
  /**
   * Its trust policy: whether somebody may assume it. A role's session asks as its role.
   * @param principalArn or the name of a service of AWS, which acts as the role
   * @param externalId as the request brings it
   * @param context `aws:SourceAccount` and `aws:SourceArn` of a service
   */
  trusts: (
    principalArn: string,
    externalId: string | undefined,
    context?: Readonly<Record<'aws:SourceAccount' | 'aws:SourceArn', string>>,
  ) => boolean;
  /** 3600 to 43200; 3600 unless given, as on AWS. */
  maxSessionSeconds?: number;
}

/** Temporary credentials: a key that is good only with its token, and only for its time. */
export interface RoleSession extends Credentials {
  sessionToken: string;
  principalArn: string;
  sessionName: string;
  expiresAt: number;
}

/** Makes the credentials of a session. @param expiresAt milliseconds since the epoch, by the engine's clock */
export function newRoleSession(roleArn: string, sessionName: string, expiresAt: number): RoleSession {
  return {
    accessKeyId: `ASIA${Array.from(randomBytes(16), (byte) => BASE32[byte % 32]).join('')}`,
    secretAccessKey: randomBytes(30).toString('base64'),
    sessionToken: randomBytes(96).toString('base64'),
    principalArn: roleArn,
    sessionName,
    expiresAt,
  };
}

/** Whether a key's time is over. @param now by the engine's clock */
export const isExpired = ({ expiresAt }: Credentials, now: number) => expiresAt !== undefined && expiresAt <= now;

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

import { type Members, memberReaders } from '../doors/json-members.js';
import { invalidParameter, notImplemented, ServiceError } from './service-error.js';

export type { Members };

const readers = memberReaders((message) => new ServiceError('SerializationException', message), notImplemented);
export const { readMembers, refuseOthers, textOf } = readers;
export const numberOf = readers.wholeNumberOf;
export const textsOf = readers.textListOf;

export function isTrue(members: Members, name: string): boolean {
  return readers.flagOf(members, name) === true;
}

/** Throws ServiceError `ValidationException`-like where it is missing, in Secrets Manager's words. */
export function needed(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined || value === '')
    throw new ServiceError(
      'ValidationException',
      `1 validation error detected: Value null at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must not be null`,
    );
  return value;
}

/** Bytes. */
const LONGEST_VALUE = 65_536;

/** The value of a version: text or bytes in base64, not both; undefined where the request brings none. */
export function valueOf(members: Members): { SecretString: string } | { SecretBinary: string } | undefined {
  const [text, binary] = [textOf(members, 'SecretString'), textOf(members, 'SecretBinary')];
  if (text !== undefined && binary !== undefined)
    throw invalidParameter(
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  const bytes = text === undefined ? Buffer.from(binary ?? '', 'base64').length : Buffer.byteLength(text);
  if (bytes > LONGEST_VALUE)
    throw new ServiceError('ValidationException', `Expected a secret value of at most ${LONGEST_VALUE} bytes.`);
  if (text !== undefined) return { SecretString: text };
  return binary === undefined ? undefined : { SecretBinary: binary };
}

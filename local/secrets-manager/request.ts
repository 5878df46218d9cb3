import { invalidParameter, notImplemented, ServiceError } from './service-error.js';

/** The members of a request. */
export type Members = Readonly<Record<string, unknown>>;

/** Throws ServiceError `SerializationException`. */
export function readMembers(body: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new ServiceError('SerializationException', 'Expected a JSON object.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ServiceError('SerializationException', 'Expected a JSON object.');
  return value as Members;
}

/** Refuses by name the members that the embedded Secrets Manager does not do. */
export function refuseOthers(members: Members, known: readonly string[]): void {
  const other = Object.keys(members).find((name) => !known.includes(name) && isGiven(members[name]));
  if (other !== undefined) throw notImplemented(other);
}

export function textOf(members: Members, name: string): string | undefined {
  return typed(members, name, 'string') as string | undefined;
}

export function numberOf(members: Members, name: string): number | undefined {
  return typed(members, name, 'number') as number | undefined;
}

export function isTrue(members: Members, name: string): boolean {
  return typed(members, name, 'boolean') === true;
}

export function textsOf(members: Members, name: string): string[] | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw new ServiceError('SerializationException', `Expected a list of strings as ${name}.`);
  return value;
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

function typed(members: Members, name: string, type: 'string' | 'number' | 'boolean'): unknown {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== type) throw new ServiceError('SerializationException', `Expected a ${type} as ${name}.`);
  return value;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

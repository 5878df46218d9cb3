import { invalidRequest, notImplemented, ServiceError } from './service-error.js';

/** The members of a request. */
export type Members = Readonly<Record<string, unknown>>;

/** @throws ServiceError `SerializationException` */
export function readMembers(body: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new ServiceError('SerializationException', 'Expected a JSON object.');
  }
  return asMembers(value);
}

/** Refuses by name the members that the embedded Athena does not do. */
export function refuseOthers(members: Members, known: readonly string[], of = ''): void {
  const other = Object.keys(members).find((name) => !known.includes(name) && isGiven(members[name]));
  if (other !== undefined) throw notImplemented(`${of}${other}`);
}

/** @throws ServiceError */
export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'string') throw new ServiceError('SerializationException', `Expected a string as ${name}.`);
  return value;
}

export function objectOf(members: Members, name: string): Members {
  const value = members[name];
  return isGiven(value) ? asMembers(value, name) : {};
}

export function textsOf(members: Members, name: string): string[] | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string'))
    throw new ServiceError('SerializationException', `Expected a list of strings as ${name}.`);
  return value;
}

export function requiredText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined) throw constraint(name, 'Member must not be null');
  return value;
}

export function constraint(name: string, problem: string): ServiceError {
  const member = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  return invalidRequest(`1 validation error detected: Value at '${member}' failed to satisfy constraint: ${problem}`);
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

function asMembers(value: unknown, name = 'the request'): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ServiceError('SerializationException', `Expected a JSON object as ${name}.`);
  return value as Members;
}

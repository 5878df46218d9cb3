import { type Members, memberReaders } from '../../doors/json-members.js';
import { invalidRequest, notImplemented, ServiceError } from './service-error.js';

export type { Members };

const readers = memberReaders((message) => new ServiceError('SerializationException', message), notImplemented);
export const { readMembers, refuseOthers, textOf } = readers;
export const textsOf = readers.textListOf;

/** Without members where it is not given. */
export function objectOf(members: Members, name: string): Members {
  return readers.asMembers(members[name] ?? {}, name);
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

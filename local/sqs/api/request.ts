import { type Members, memberReaders } from '../../doors/json-members.js';
import { SqsError, invalidValue, missing, notDone } from '../sqs-error.js';

export type { Members };

const readers = memberReaders((message) => new SqsError('SerializationException', message), notDone);
export const { readMembers, asMembers, refuseOthers, textOf } = readers;

export function requiredText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined) throw missing(name);
  return value;
}

/** Strings, by name; none where it is not given. */
export function mapOf(members: Members, name: string): Record<string, string> {
  const value = asMembers(members[name] ?? {}, name);
  for (const each of Object.values(value))
    if (typeof each !== 'string') throw new SqsError('SerializationException', `Expected strings as ${name}.`);
  return value as Record<string, string>;
}

/** None where it is not given. */
export function textsOf(members: Members, name: string): string[] {
  return readers.textListOf(members, name) ?? [];
}

/** @param reason of the refusal, where it is not within the bounds */
export function numberOf(
  members: Members,
  name: string,
  [least, most]: readonly [number, number],
  reason = `Must be between ${least} and ${most}, if provided.`,
): number | undefined {
  const value = readers.wholeNumberOf(members, name);
  if (value !== undefined && (value < least || value > most)) throw invalidValue(value, name, reason);
  return value;
}

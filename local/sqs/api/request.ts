import { SqsError, invalidValue, missing, notDone } from '../sqs-error.js';

/** The members of a request. */
export type Members = Readonly<Record<string, unknown>>;

/** @throws SqsError `SerializationException` */
export function readMembers(body: string): Members {
  try {
    return asMembers(JSON.parse(body === '' ? '{}' : body), 'the request');
  } catch (error) {
    if (error instanceof SqsError) throw error;
    throw new SqsError('SerializationException', 'Expected a JSON object.');
  }
}

export function asMembers(value: unknown, name: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new SqsError('SerializationException', `Expected a JSON object as ${name}.`);
  return value as Members;
}

/** Refuses by name what the embedded SQS does not do. */
export function refuseOthers(members: Members, known: readonly string[]): void {
  const other = Object.keys(members).find((name) => !known.includes(name) && isGiven(members[name]));
  if (other !== undefined) throw notDone(other);
}

export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'string') throw new SqsError('SerializationException', `Expected a string as ${name}.`);
  return value;
}

export function requiredText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined) throw missing(name);
  return value;
}

/** Strings, by name. */
export function mapOf(members: Members, name: string): Record<string, string> {
  const value = isGiven(members[name]) ? asMembers(members[name], name) : {};
  for (const each of Object.values(value))
    if (typeof each !== 'string') throw new SqsError('SerializationException', `Expected strings as ${name}.`);
  return value as Record<string, string>;
}

export function textsOf(members: Members, name: string): string[] {
  const value = members[name];
  if (!isGiven(value)) return [];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw new SqsError('SerializationException', `Expected a list of strings as ${name}.`);
  return value;
}

/** @param reason of the refusal, where it is not within the bounds */
export function numberOf(
  members: Members,
  name: string,
  [least, most]: readonly [number, number],
  reason = `Must be between ${least} and ${most}, if provided.`,
): number | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new SqsError('SerializationException', `Expected a whole number as ${name}.`);
  if (value < least || value > most) throw invalidValue(value, name, reason);
  return value;
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

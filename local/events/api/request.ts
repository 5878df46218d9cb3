import { EventsError, invalid, notDone } from '../events-error.js';

/** The members of a request. */
export type Members = Readonly<Record<string, unknown>>;

/** @throws EventsError `SerializationException` */
export function readMembers(body: string): Members {
  try {
    return asMembers(JSON.parse(body === '' ? '{}' : body), 'the request');
  } catch (error) {
    if (error instanceof EventsError) throw error;
    throw new EventsError('SerializationException', 'Expected a JSON object.');
  }
}

export function asMembers(value: unknown, name: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new EventsError('SerializationException', `Expected a JSON object as ${name}.`);
  return value as Members;
}

/** Refuses by name what the embedded EventBridge does not do. */
export function refuseOthers(members: Members, known: readonly string[], of = ''): void {
  const other = Object.keys(members).find((name) => !known.includes(name) && isGiven(members[name]));
  if (other !== undefined) throw notDone(`${of}${other}`);
}

/** Only the default bus is there. */
export function checkBus(members: Members, accountId: string): void {
  const bus = textOf(members, 'EventBusName') ?? 'default';
  if (bus !== 'default' && !(bus.endsWith(`:${accountId}:event-bus/default`) && /^arn:aws[a-z-]*:events:/.test(bus)))
    throw notDone(`other event buses than default, such as ${bus}`);
}

export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'string') throw new EventsError('SerializationException', `Expected a string as ${name}.`);
  return value;
}

export function requiredText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined) throw constraint(name, 'Member must not be null');
  return value;
}

export function listOf(members: Members, name: string): unknown[] {
  const value = members[name];
  if (!isGiven(value)) throw constraint(name, 'Member must not be null');
  if (!Array.isArray(value)) throw new EventsError('SerializationException', `Expected a list as ${name}.`);
  return value;
}

export function textsOf(members: Members, name: string): string[] {
  const list = listOf(members, name);
  if (!list.every((each) => typeof each === 'string'))
    throw new EventsError('SerializationException', `Expected a list of strings as ${name}.`);
  return list;
}

export function numberOf(members: Members, name: string, least: number, most: number): number | undefined {
  const value = members[name];
  if (!isGiven(value)) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new EventsError('SerializationException', `Expected a whole number as ${name}.`);
  if (value < least) throw constraint(name, `Member must have value greater than or equal to ${least}`, value);
  if (value > most) throw constraint(name, `Member must have value less than or equal to ${most}`, value);
  return value;
}

export function constraint(name: string, problem: string, value?: string | number): EventsError {
  const member = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  const quoted = value === undefined ? '' : ` '${value}'`;
  return invalid(`1 validation error detected: Value${quoted} at '${member}' failed to satisfy constraint: ${problem}`);
}

const isGiven = (value: unknown) => value !== undefined && value !== null;

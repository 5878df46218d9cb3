import { type Members, memberReaders } from '../../doors/json-members.js';
import { EventsError, invalid, notDone } from '../events-error.js';

export type { Members };

const readers = memberReaders((message) => new EventsError('SerializationException', message), notDone);
export const { readMembers, asMembers, refuseOthers, textOf } = readers;

/** Only the default bus is there. */
export function checkBus(members: Members, accountId: string): void {
  const bus = textOf(members, 'EventBusName') ?? 'default';
  if (bus !== 'default' && !(bus.endsWith(`:${accountId}:event-bus/default`) && /^arn:aws[a-z-]*:events:/.test(bus)))
    throw notDone(`other event buses than default, such as ${bus}`);
}

export function requiredText(members: Members, name: string): string {
  const value = textOf(members, name);
  if (value === undefined) throw constraint(name, 'Member must not be null');
  return value;
}

export function listOf(members: Members, name: string): unknown[] {
  const value = readers.listOf(members, name);
  if (value === undefined) throw constraint(name, 'Member must not be null');
  return value;
}

export function textsOf(members: Members, name: string): string[] {
  const value = readers.textListOf(members, name);
  if (value === undefined) throw constraint(name, 'Member must not be null');
  return value;
}

export function numberOf(members: Members, name: string, least: number, most: number): number | undefined {
  const value = readers.wholeNumberOf(members, name);
  if (value === undefined) return undefined;
  if (value < least) throw constraint(name, `Member must have value greater than or equal to ${least}`, value);
  if (value > most) throw constraint(name, `Member must have value less than or equal to ${most}`, value);
  return value;
}

export function constraint(name: string, problem: string, value?: string | number): EventsError {
  const member = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  const quoted = value === undefined ? '' : ` '${value}'`;
  return invalid(`1 validation error detected: Value${quoted} at '${member}' failed to satisfy constraint: ${problem}`);
}

/** The members of a request in an AWS JSON protocol. */
export type Members = Readonly<Record<string, unknown>>;

/** Whether a member was given: `null` is none. */
export const isGiven = (value: unknown) => value !== undefined && value !== null;

/**
 * Reads members of requests, and refuses what is not of its type.
 * @param serialization the service's `SerializationException`, of a message
 * @param notDone what the service says of something that the engine does not do, by its name
 */
export function memberReaders(serialization: (message: string) => Error, notDone: (what: string) => Error) {
  function asMembers(value: unknown, name = 'the request'): Members {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw serialization(`Expected a JSON object as ${name}.`);
    return value as Members;
  }

  /** A member of a type; undefined where it is not given. */
  function typed<T>(members: Members, name: string, type: string, is: (value: unknown) => value is T): T | undefined {
    const value = members[name];
    if (!isGiven(value)) return undefined;
    if (!is(value)) throw serialization(`Expected ${type} as ${name}.`);
    return value;
  }

  return {
    asMembers,

    /** The body of a request; an empty one has no members. */
    readMembers: (body: string): Members => {
      let value: unknown;
      try {
        value = JSON.parse(body === '' ? '{}' : body);
      } catch {
        throw serialization('Expected a JSON object.');
      }
      return asMembers(value);
    },

    /** Refuses by name the members that the engine does not do. @param of where they stand, with a closing dot */
    refuseOthers: (members: Members, known: readonly string[], of = ''): void => {
      const other = Object.keys(members).find((name) => !known.includes(name) && isGiven(members[name]));
      if (other !== undefined) throw notDone(`${of}${other}`);
    },

    textOf: (members: Members, name: string) =>
      typed(members, name, 'a string', (value): value is string => typeof value === 'string'),

    flagOf: (members: Members, name: string) =>
      typed(members, name, 'a boolean', (value): value is boolean => typeof value === 'boolean'),

    wholeNumberOf: (members: Members, name: string) =>
      typed(members, name, 'a whole number', (value): value is number => Number.isInteger(value)),

    listOf: (members: Members, name: string) =>
      typed(members, name, 'a list', (value): value is unknown[] => Array.isArray(value)),

    textListOf: (members: Members, name: string) =>
      typed(
        members,
        name,
        'a list of strings',
        (value): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string'),
      ),
  };
}

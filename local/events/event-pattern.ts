import { type Field, eventFields } from './event-fields.js';
import { invalidPattern } from './events-error.js';
import { type Matcher, readMatcher } from './matchers.js';

/** Whether an event is one of those that a rule is for. */
export type EventPattern = (event: unknown) => boolean;

/** What has to hold of one field: one of the matchers. */
interface Demand {
  path: string;
  matchers: readonly Matcher[];
}

/**
 * Reads an event pattern.
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
 * @throws EventsError `InvalidEventPatternException`
 */
export function readEventPattern(text: string): EventPattern {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalidPattern(`${(error as Error).message}\n at [Source: (String)"${text}"; line: 1, column: 1]`);
  }
  if (!isObject(document))
    throw invalidPattern(`Filter is not an object\n at [Source: (String)"${text}"; line: 1, column: 2]`);
  const alternatives = readObject(document, '');
  return (event) => {
    const fields = eventFields(event);
    return alternatives.some((demands) => holdTogether(demands, fields));
  };
}

/** `$or` makes alternatives: each is a list of demands that hold together. */
function readObject(object: Readonly<Record<string, unknown>>, path: string): Demand[][] {
  const entries = Object.entries(object);
  if (entries.length === 0) throw invalidPattern('Empty objects are not allowed');
  let alternatives: Demand[][] = [[]];
  for (const [name, value] of entries) {
    const read = isOr(name, value)
      ? value.flatMap((each) => readObject(each, path))
      : readField(value, path === '' ? name : `${path}.${name}`, name);
    if (alternatives.length * read.length > MAX_ALTERNATIVES)
      throw invalidPattern(`The pattern has more than ${MAX_ALTERNATIVES} combinations of $or`);
    alternatives = alternatives.flatMap((before) => read.map((after) => [...before, ...after]));
  }
  return alternatives;
}

/** Otherwise `$or` is a name like others: that of two objects at least makes it a relation. */
function isOr(name: string, value: unknown): value is Record<string, unknown>[] {
  return (
    name === '$or' &&
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every(isObject) &&
    value.every((each) => !isMatchExpression(each))
  );
}

function isMatchExpression(object: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(object).some((name) => MATCH_TYPES.has(name));
}

function readField(value: unknown, path: string, name: string): Demand[][] {
  if (isObject(value)) return readObject(value, path);
  if (!Array.isArray(value)) throw invalidPattern(`"${name}" must be an object or an array`);
  if (value.length === 0) throw invalidPattern('Empty arrays are not allowed');
  return [[{ path, matchers: value.map(readMatcher) }]];
}

/** Fields that lie in the same array have to lie in the same element of it. */
function holdTogether(demands: readonly Demand[], fields: ReadonlyMap<string, Field[]>): boolean {
  const candidates: Field[][] = [];
  for (const { path, matchers } of demands) {
    const there = fields.get(path);
    if (!there) {
      if (!matchers.some((matcher) => matcher.kind === 'exists' && !matcher.wanted)) return false;
      continue;
    }
    const fitting = there.filter(({ value }) =>
      matchers.some((matcher) => (matcher.kind === 'exists' ? matcher.wanted : matcher.holds(value))),
    );
    if (fitting.length === 0) return false;
    candidates.push(fitting);
  }
  return agree(candidates, new Map());
}

function agree([first, ...rest]: readonly Field[][], chosen: ReadonlyMap<string, number>): boolean {
  if (!first) return true;
  // One that lies in no array agrees with all others.
  const free = first.some(({ elements }) => elements.size === 0);
  if (free) return agree(rest, chosen);
  return first.some(
    ({ elements }) =>
      [...elements].every(([array, index]) => (chosen.get(array) ?? index) === index) &&
      agree(rest, new Map([...chosen, ...elements])),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const MATCH_TYPES = new Set([
  'anything-but',
  'cidr',
  'equals-ignore-case',
  'exists',
  'numeric',
  'prefix',
  'suffix',
  'wildcard',
]);

/** A thousand is what EventBridge allows of them. */
const MAX_ALTERNATIVES = 1000;

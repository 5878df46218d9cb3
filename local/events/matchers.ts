import type { Leaf } from './event-fields.js';
import { invalidPattern, notDone } from './events-error.js';
import { wildcard } from './wildcard.js';

/** One of the values that a pattern names for a field. */
export type Matcher =
  | { kind: 'value'; holds: (value: Leaf) => boolean }
  /** Whether there is such a field at all. */
  | { kind: 'exists'; wanted: boolean };

/**
 * Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 * @throws EventsError `InvalidEventPatternException`
 */
export function readMatcher(given: unknown): Matcher {
  if (isLeaf(given)) return value((each) => each === given);
  if (Array.isArray(given)) throw invalidPattern('Match value must be String, number, true, false, or null');
  const entries = Object.entries(given as object);
  const [[name, argument] = ['', undefined], ...others] = entries;
  if (entries.length === 0) throw invalidPattern('Empty match condition');
  if (others.length > 0) throw invalidPattern('Only one key allowed in match expression');
  switch (name) {
    case 'exists':
      if (typeof argument !== 'boolean') throw invalidPattern('exists match pattern must be either true or false.');
      return { kind: 'exists', wanted: argument };
    case 'numeric':
      return value(numeric(argument));
    case 'anything-but':
      return value(anythingBut(argument));
    case 'cidr':
      throw notDone('cidr in event patterns');
    default:
      return value(ofText(textual(name, argument)));
  }
}

const value = (holds: (value: Leaf) => boolean): Matcher => ({ kind: 'value', holds });

const isLeaf = (given: unknown): given is Leaf => given === null || typeof given !== 'object';

type TextTest = (text: string) => boolean;

const ofText = (test: TextTest) => (each: Leaf) => typeof each === 'string' && test(each);

/** What compares strings only. */
function textual(name: string, argument: unknown): TextTest {
  switch (name) {
    case 'prefix':
    case 'suffix': {
      if (typeof argument === 'object' && argument !== null && !Array.isArray(argument)) {
        const [[inner, text] = ['', undefined], ...others] = Object.entries(argument);
        if (inner !== 'equals-ignore-case' || others.length > 0 || typeof text !== 'string')
          throw invalidPattern(`${name} match pattern must be a string`);
        return affix(name, text, (each) => each.toLowerCase());
      }
      if (typeof argument !== 'string') throw invalidPattern(`${name} match pattern must be a string`);
      return affix(name, argument);
    }
    case 'equals-ignore-case': {
      if (typeof argument !== 'string') throw invalidPattern('equals-ignore-case match pattern must be a string');
      const wanted = argument.toLowerCase();
      return (text) => text.toLowerCase() === wanted;
    }
    case 'wildcard':
      if (typeof argument !== 'string') throw invalidPattern('wildcard match pattern must be a string');
      return wildcard(argument);
    default:
      throw invalidPattern(`Unrecognized match type ${name}`);
  }
}

function affix(name: 'prefix' | 'suffix', wanted: string, as = (text: string) => text): TextTest {
  return name === 'prefix' ? (text) => as(text).startsWith(as(wanted)) : (text) => as(text).endsWith(as(wanted));
}

/** True of every value but those named: of strings that do not compare so, and of all that is no string too. */
function anythingBut(argument: unknown): (value: Leaf) => boolean {
  if (typeof argument === 'string' || typeof argument === 'number') return (each) => each !== argument;
  if (Array.isArray(argument)) {
    if (argument.length === 0) throw invalidPattern('Empty arrays are not allowed');
    if (argument.some((each) => typeof each !== 'string' && typeof each !== 'number'))
      throw invalidPattern('Inside anything but list, start|null|boolean is not supported.');
    if (new Set(argument.map((each) => typeof each)).size > 1)
      throw invalidPattern(
        'Inside anything but list, either all values are number or string, mixed type is not supported',
      );
    const but = new Set<Leaf>(argument as Leaf[]);
    return (each) => !but.has(each);
  }
  if (typeof argument !== 'object' || argument === null) throw badAnythingBut();
  const [[name, inner] = ['', undefined], ...others] = Object.entries(argument);
  if (others.length > 0) throw invalidPattern('Only one key allowed in match expression');
  if (!NEGATED.has(name)) throw invalidPattern(`Unsupported anything-but pattern: ${name}`);
  const list = Array.isArray(inner) ? (inner as unknown[]) : [inner];
  if (list.length === 0) throw invalidPattern('Empty arrays are not allowed');
  const tests = list.map((each) => negated(name, each));
  return (each) => typeof each !== 'string' || !tests.some((test) => test(each));
}

function negated(name: string, argument: unknown): TextTest {
  if (typeof argument === 'object' && argument !== null && (name === 'prefix' || name === 'suffix'))
    throw badAnythingBut();
  if (typeof argument !== 'string') {
    if (name === 'wildcard') throw invalidPattern('wildcard match pattern must be a string');
    if (name === 'equals-ignore-case')
      throw invalidPattern('Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.');
    throw invalidPattern('prefix/suffix match pattern must be a string');
  }
  if (argument === '' && (name === 'prefix' || name === 'suffix'))
    throw invalidPattern('Null prefix/suffix not allowed');
  return textual(name, argument);
}

const badAnythingBut = () => invalidPattern('Value of anything-but must be an array or single string/number value.');

const NEGATED = new Set(['prefix', 'suffix', 'equals-ignore-case', 'wildcard']);

/** `["=", 5]`, or one bound or two: `[">", 0, "<=", 5]`. */
function numeric(argument: unknown): (value: Leaf) => boolean {
  if (!Array.isArray(argument)) throw invalidPattern('Value of numeric must be an array.');
  if (argument.length === 0) throw invalidPattern('Invalid member in numeric match: ]');
  const pairs: { operator: string; bound: number }[] = [];
  for (let at = 0; at < argument.length; at += 2) {
    const [operator, bound] = [argument[at] as unknown, argument[at + 1] as unknown];
    if (typeof operator !== 'string') throw invalidPattern(`Invalid member in numeric match: ${String(operator)}`);
    if (!Object.hasOwn(COMPARISONS, operator)) throw invalidPattern(`Unrecognized numeric range operator: ${operator}`);
    if (typeof bound !== 'number')
      throw invalidPattern(`Value of ${operator === '=' ? 'equals' : operator} must be numeric`);
    if (Math.abs(bound) > 5e9) throw invalidPattern('Value must be between -5.0E9 and 5.0E9, inclusive');
    const [first] = pairs;
    if (first && !(isLower(first.operator) && isUpper(operator)))
      throw invalidPattern(
        isUpper(first.operator) || first.operator === '='
          ? 'Too many terms in numeric range'
          : `Bad numeric range operator: ${operator}`,
      );
    if (pairs.length === 2) throw invalidPattern('Too many terms in numeric range');
    pairs.push({ operator, bound });
  }
  const [low, high] = pairs;
  if (low && high && low.bound >= high.bound) throw invalidPattern('Bottom must be less than top');
  return (each) =>
    typeof each === 'number' &&
    pairs.every(({ operator, bound }) => (COMPARISONS[operator] as Comparison)(each, bound));
}

const isLower = (operator: string) => operator.startsWith('>');
const isUpper = (operator: string) => operator.startsWith('<');

type Comparison = (value: number, bound: number) => boolean;

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  '=': (number, bound) => number === bound,
  '<': (number, bound) => number < bound,
  '<=': (number, bound) => number <= bound,
  '>': (number, bound) => number > bound,
  '>=': (number, bound) => number >= bound,
};

import { matchesGlob } from './glob.js';

/** A policy of a resource, as far as it may say something of a service of AWS: who may do what with it under which conditions. */
export interface ResourcePolicy {
  /** As it was set. */
  text: string;
  statements: readonly Statement[];
}

interface Statement {
  effect: 'Allow' | 'Deny';
  /** Service principals; `*` for everybody. */
  services: readonly string[];
  actions: readonly string[];
  resources: readonly string[];
  conditions: readonly Condition[];
}

interface Condition {
  operator: string;
  key: string;
  values: readonly string[];
}

/** What a service asks for. */
export interface ServiceRequest {
  /** `events.amazonaws.com` */
  service: string;
  action: string;
  resource: string;
  /** Condition keys as they are spelled in policies. */
  context: Readonly<Record<string, string>>;
}

/** Throws an Error that says what it cannot take: nothing of a policy is left out of account. */
export function parsePolicy(text: string): ResourcePolicy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error('The policy is not valid JSON.');
  }
  const { Statement: given } = Object(document) as { Statement?: unknown };
  const statements = (Array.isArray(given) ? given : [given]) as unknown[];
  return { text, statements: statements.map(readStatement) };
}

/** Whether a policy lets a service do something: a statement allows it, and none denies it. */
export function letsService({ statements }: ResourcePolicy, request: ServiceRequest): boolean {
  const fitting = statements.filter((statement) => fits(statement, request));
  return fitting.some(({ effect }) => effect === 'Allow') && !fitting.some(({ effect }) => effect === 'Deny');
}

function readStatement(given: unknown): Statement {
  if (typeof given !== 'object' || given === null) throw new Error('The policy has no Statement.');
  const { Effect, Principal, Action, Resource, Condition = {}, ...others } = given as Record<string, unknown>;
  for (const name of Object.keys(others))
    if (name !== 'Sid') throw new Error(`The embedded engine does not do ${name} in a policy.`);
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new Error('Expected Allow or Deny as Effect.');
  if (Principal === undefined) throw new Error('Expected a Principal in each statement.');
  const { Service } = Object(Principal) as { Service?: unknown };
  const isEverybody = Principal === '*' || (Object(Principal) as { AWS?: unknown }).AWS === '*';
  return {
    effect: Effect,
    services: isEverybody ? ['*'] : texts(Service),
    actions: texts(Action),
    resources: texts(Resource),
    conditions: Object.entries(Condition as object).flatMap(([operator, keys]) => readConditions(operator, keys)),
  };
}

function readConditions(operator: string, keys: unknown): Condition[] {
  const known = operator.replace(/IfExists$/, '');
  if (!Object.hasOwn(OPERATORS, known)) throw new Error(`The embedded engine does not do ${operator} in a policy.`);
  return Object.entries(Object(keys) as object).map(([key, values]) => ({ operator, key, values: texts(values) }));
}

function fits({ services, actions, resources, conditions }: Statement, request: ServiceRequest): boolean {
  const has = (patterns: readonly string[], text: string) => patterns.some((pattern) => matchesGlob(pattern, text));
  return (
    (services.includes('*') || services.includes(request.service)) &&
    // Names of actions have no case.
    has(
      actions.map((action) => action.toLowerCase()),
      request.action.toLowerCase(),
    ) &&
    has(resources, request.resource) &&
    conditions.every((condition) => holds(condition, request.context))
  );
}

function holds({ operator, key, values }: Condition, context: ServiceRequest['context']): boolean {
  const name = operator.replace(/IfExists$/, '');
  const [, given] = Object.entries(context).find(([each]) => each.toLowerCase() === key.toLowerCase()) ?? [];
  if (given === undefined) return operator.endsWith('IfExists') || name.includes('Not');
  const matches = values.some((value) => (OPERATORS[name] as Test)(value, given));
  return name.includes('Not') ? !matches : matches;
}

type Test = (value: string, given: string) => boolean;

const same: Test = (value, given) => value === given;
const like: Test = (value, given) => matchesGlob(value, given);

/** How one value compares; `Not` turns the whole around. ArnEquals and ArnLike are the same. */
const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: same,
  StringNotEquals: same,
  StringLike: like,
  StringNotLike: like,
  ArnEquals: like,
  ArnLike: like,
  ArnNotEquals: like,
  ArnNotLike: like,
  Bool: (value, given) => value.toLowerCase() === given.toLowerCase(),
};

function texts(given: unknown): string[] {
  return [given ?? []].flat().map(String);
}

import { readEventPattern } from '../event-pattern.js';
import type { EventsState } from '../events-state.js';
import { EventsError, invalid, invalidPattern } from '../events-error.js';
import type { Rule } from '../rules.js';
import { type Members, checkBus, constraint, numberOf, refuseOthers, requiredText, textOf } from './request.js';

/** Makes a rule, or changes the one of that name: its targets stay. */
export function putRule(state: EventsState, members: Members): object {
  refuseOthers(members, ['Name', 'EventBusName', 'EventPattern', 'State', 'Description']);
  checkBus(members, state.accountId);
  const name = requiredText(members, 'Name');
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(name))
    throw constraint('Name', 'Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+', name);
  const patternText = textOf(members, 'EventPattern');
  if (patternText === undefined) throw invalid('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  if (patternText.length > MAX_PATTERN) throw invalidPattern(`The pattern is longer than ${MAX_PATTERN} characters`);
  const description = textOf(members, 'Description');
  if (description !== undefined && description.length > 512)
    throw constraint('Description', 'Member must have length less than or equal to 512');
  const wanted = textOf(members, 'State') ?? 'ENABLED';
  if (wanted !== 'ENABLED' && wanted !== 'DISABLED')
    throw constraint('State', 'Member must satisfy enum value set: [ENABLED, DISABLED]', wanted);
  const pattern = readEventPattern(patternText);
  const existing = state.rules.get(name);
  if (!existing && state.rules.size >= MAX_RULES)
    throw new EventsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
  const rule: Rule = {
    name,
    arn: state.arnOf(name),
    description,
    state: wanted,
    patternText,
    pattern,
    targets: existing?.targets ?? new Map(),
  };
  state.rules.set(name, rule);
  return { RuleArn: rule.arn };
}

export function describeRule(state: EventsState, members: Members): object {
  refuseOthers(members, ['Name', 'EventBusName']);
  checkBus(members, state.accountId);
  return { ...described(state.rule(requiredText(members, 'Name'))), CreatedBy: state.accountId };
}

/** A rule that is not there is deleted all the same; one with targets is not. */
export function deleteRule(state: EventsState, members: Members): object {
  refuseOthers(members, ['Name', 'EventBusName', 'Force']);
  checkBus(members, state.accountId);
  const name = requiredText(members, 'Name');
  if ((state.rules.get(name)?.targets.size ?? 0) > 0) throw invalid("Rule can't be deleted since it has targets.");
  state.rules.delete(name);
  return {};
}

export function enableRule(state: EventsState, members: Members): object {
  return setState(state, members, 'ENABLED');
}

export function disableRule(state: EventsState, members: Members): object {
  return setState(state, members, 'DISABLED');
}

export function listRules(state: EventsState, members: Members): object {
  refuseOthers(members, ['NamePrefix', 'EventBusName', 'NextToken', 'Limit']);
  checkBus(members, state.accountId);
  const prefix = textOf(members, 'NamePrefix') ?? '';
  const rules = [...state.rules.values()].filter(({ name }) => name.startsWith(prefix));
  rules.sort((a, b) => (a.name < b.name ? -1 : 1));
  const { page, next } = pageOf(rules, ({ name }) => name, members);
  return { Rules: page.map(described), ...next };
}

/** The names of the rules that have a target. */
export function listRuleNamesByTarget(state: EventsState, members: Members): object {
  refuseOthers(members, ['TargetArn', 'EventBusName', 'NextToken', 'Limit']);
  checkBus(members, state.accountId);
  const arn = requiredText(members, 'TargetArn');
  const names = [...state.rules.values()]
    .filter(({ targets }) => [...targets.values()].some((target) => target.arn === arn))
    .map(({ name }) => name)
    .sort();
  const { page, next } = pageOf(names, (name) => name, members);
  return { RuleNames: page, ...next };
}

/** Whether a pattern is one for an event. */
export function testEventPattern(_state: EventsState, members: Members): object {
  refuseOthers(members, ['EventPattern', 'Event']);
  const pattern = readEventPattern(requiredText(members, 'EventPattern'));
  let event: unknown;
  try {
    event = JSON.parse(requiredText(members, 'Event'));
  } catch {
    throw invalid('Parameter Event is not valid.');
  }
  const isEvent = ['id', 'account', 'source', 'time', 'region', 'detail-type'].every(
    (name) => typeof (Object(event) as Members)[name] === 'string',
  );
  if (!isEvent) throw invalid('Parameter Event is not valid.');
  return { Result: pattern(event) };
}

/** @param keyOf by which the list is sorted */
export function pageOf<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  members: Members,
): { page: readonly Item[]; next: { NextToken?: string } } {
  const limit = numberOf(members, 'Limit', 1, 100) ?? 100;
  const token = textOf(members, 'NextToken');
  const after = token === undefined ? undefined : Buffer.from(token, 'base64').toString();
  const rest = items.filter((item) => after === undefined || keyOf(item) > after);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    page,
    next:
      last === undefined || page.length === rest.length
        ? {}
        : { NextToken: Buffer.from(keyOf(last)).toString('base64') },
  };
}

function setState(state: EventsState, members: Members, wanted: Rule['state']): object {
  refuseOthers(members, ['Name', 'EventBusName']);
  checkBus(members, state.accountId);
  state.rule(requiredText(members, 'Name')).state = wanted;
  return {};
}

function described({ name, arn, patternText, state, description }: Rule): object {
  return {
    Name: name,
    Arn: arn,
    EventPattern: patternText,
    State: state,
    ...(description !== undefined && { Description: description }),
    EventBusName: 'default',
  };
}

// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
const MAX_RULES = 300;
const MAX_PATTERN = 4096;

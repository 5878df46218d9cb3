import { EventsError, notDone } from '../events-error.js';
import type { EventsState } from '../events-state.js';
import type { RetryPolicy, Target } from '../rules.js';
import {
  type Members,
  asMembers,
  checkBus,
  constraint,
  listOf,
  numberOf,
  refuseOthers,
  requiredText,
  textOf,
  textsOf,
} from './request.js';
import { pageOf } from './rules.js';

/** Adds targets to a rule; one with an id that is there takes its place. */
export function putTargets(state: EventsState, members: Members): object {
  refuseOthers(members, ['Rule', 'EventBusName', 'Targets']);
  checkBus(members, state.accountId);
  const name = requiredText(members, 'Rule');
  const targets = listOf(members, 'Targets').map((each) => readTarget(asMembers(each, 'a target')));
  if (targets.length === 0) throw constraint('Targets', 'Member must have length greater than or equal to 1');
  const rule = state.rule(name);
  const added = targets.filter(({ id }) => !rule.targets.has(id));
  if (rule.targets.size + new Set(added.map(({ id }) => id)).size > MAX_TARGETS)
    throw new EventsError('LimitExceededException', 'The requested resource exceeds the maximum number allowed.');
  for (const target of targets) rule.targets.set(target.id, target);
  return { FailedEntryCount: 0, FailedEntries: [] };
}

/** Those that are not there fail each by itself. */
export function removeTargets(state: EventsState, members: Members): object {
  refuseOthers(members, ['Rule', 'EventBusName', 'Ids', 'Force']);
  checkBus(members, state.accountId);
  const rule = state.rule(requiredText(members, 'Rule'));
  const missing = textsOf(members, 'Ids').filter((id) => !rule.targets.delete(id));
  return {
    FailedEntryCount: missing.length,
    FailedEntries: missing.map((id) => ({
      TargetId: id,
      ErrorCode: 'ResourceNotFoundException',
      ErrorMessage: `Rule ${rule.name} does not have a target with the ID ${id}.`,
    })),
  };
}

export function listTargetsByRule(state: EventsState, members: Members): object {
  refuseOthers(members, ['Rule', 'EventBusName', 'NextToken', 'Limit']);
  checkBus(members, state.accountId);
  const rule = state.rule(requiredText(members, 'Rule'));
  const targets = [...rule.targets.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { page, next } = pageOf(targets, ({ id }) => id, members);
  return { Targets: page.map(described), ...next };
}

function readTarget(given: Members): Target {
  const arn = requiredText(given, 'Arn');
  if (!/^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+$/.test(arn))
    throw notDone(`other targets than standard queues of SQS, such as ${arn}`);
  refuseOthers(given, ['Id', 'Arn', 'Input', 'DeadLetterConfig', 'RetryPolicy'], 'Targets.');
  const id = requiredText(given, 'Id');
  if (!/^[.\-_A-Za-z0-9]{1,64}$/.test(id))
    throw constraint('targets.1.member.id', 'Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+', id);
  const input = textOf(given, 'Input');
  if (input !== undefined) checkInput(input, id);
  return {
    id,
    arn,
    input,
    deadLetterArn: textOf(membersOf(given, 'DeadLetterConfig'), 'Arn'),
    retryPolicy: given['RetryPolicy'] === undefined ? undefined : readRetryPolicy(membersOf(given, 'RetryPolicy')),
  };
}

function checkInput(input: string, id: string): void {
  try {
    JSON.parse(input);
  } catch {
    throw new EventsError('ValidationException', `JSON syntax error in input for target ${id}.`);
  }
}

function readRetryPolicy(given: Members): RetryPolicy {
  refuseOthers(given, ['MaximumRetryAttempts', 'MaximumEventAgeInSeconds'], 'RetryPolicy.');
  const attempts = numberOf(given, 'MaximumRetryAttempts', 0, 185);
  const age = numberOf(given, 'MaximumEventAgeInSeconds', 60, 86_400);
  return {
    ...(attempts !== undefined && { MaximumRetryAttempts: attempts }),
    ...(age !== undefined && { MaximumEventAgeInSeconds: age }),
  };
}

function membersOf(given: Members, name: string): Members {
  return given[name] === undefined || given[name] === null ? {} : asMembers(given[name], name);
}

function described({ id, arn, input, deadLetterArn, retryPolicy }: Target): object {
  return {
    Id: id,
    Arn: arn,
    ...(input !== undefined && { Input: input }),
    ...(deadLetterArn !== undefined && { DeadLetterConfig: { Arn: deadLetterArn } }),
    ...(retryPolicy && { RetryPolicy: retryPolicy }),
  };
}

/** Of a rule. */
const MAX_TARGETS = 5;

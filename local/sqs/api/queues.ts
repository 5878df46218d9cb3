import { COMPUTED, readAttributes, writeAttributes } from '../queue-attributes.js';
import type { Queue } from '../queue.js';
import { SqsError, invalidValue, missing, noSuchQueue, notDone } from '../sqs-error.js';
import type { SqsState } from '../sqs-state.js';
import { type Members, mapOf, numberOf, refuseOthers, requiredText, textOf, textsOf } from './request.js';

/** A queue of that name that is there already is answered, where it is the same in all that the request says. */
export function createQueue(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueName', 'Attributes', 'tags']);
  const name = requiredText(members, 'QueueName');
  const attributes = mapOf(members, 'Attributes');
  const tags = mapOf(members, 'tags');
  if (name.endsWith('.fifo')) throw notDone('FIFO queues');
  if (!/^[\w-]{1,80}$/.test(name))
    throw new SqsError(
      'InvalidParameterValueException',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  const settings = readAttributes(attributes);
  const existing = state.queues.get(name);
  if (existing) {
    const [before, wanted] = [writeAttributes(existing.settings), writeAttributes(settings)];
    const other = Object.keys(attributes).find((each) => before[each] !== wanted[each]);
    if (other !== undefined)
      throw new SqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${other}`,
      );
    return { QueueUrl: state.urlOf(name) };
  }
  state.checkNotDeletedRecently(name);
  state.checkRedrive(settings.redrivePolicy, state.arnOf(name));
  const queue = state.create(name, settings);
  for (const [key, value] of Object.entries(tags)) queue.tags.set(key, value);
  return { QueueUrl: state.urlOf(name) };
}

export function deleteQueue(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl']);
  state.remove(state.queueOf(members));
  return {};
}

export function getQueueUrl(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueName', 'QueueOwnerAWSAccountId']);
  const name = requiredText(members, 'QueueName');
  const owner = textOf(members, 'QueueOwnerAWSAccountId') ?? state.accountId;
  if (owner !== state.accountId || !state.queues.has(name)) throw noSuchQueue();
  return { QueueUrl: state.urlOf(name) };
}

/** At most 1,000; pages where the request asks for a number. */
export function listQueues(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueNamePrefix', 'MaxResults', 'NextToken']);
  const prefix = textOf(members, 'QueueNamePrefix') ?? '';
  const max = numberOf(members, 'MaxResults', [1, MAX_QUEUES]);
  const token = textOf(members, 'NextToken');
  if (token !== undefined && max === undefined) throw missing('MaxResults');
  const after = token === undefined ? '' : Buffer.from(token, 'base64').toString();
  if (token !== undefined && !/^[\w-]{1,80}$/.test(after))
    throw invalidValue(token, 'NextToken', 'The pagination token is not one of this engine.');
  const names = [...state.queues.keys()].filter((name) => name.startsWith(prefix) && name > after).sort();
  const page = names.slice(0, max ?? MAX_QUEUES);
  const last = page.at(-1);
  return {
    ...(page.length > 0 && { QueueUrls: page.map((name) => state.urlOf(name)) }),
    ...(max !== undefined &&
      last !== undefined &&
      page.length < names.length && { NextToken: Buffer.from(last).toString('base64') }),
  };
}

export function getQueueAttributes(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'AttributeNames']);
  const queue = state.queueOf(members);
  const names = textsOf(members, 'AttributeNames');
  const unknown = names.find((name) => name !== 'All' && !ATTRIBUTES.has(name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  const chosen = Object.entries(attributesOf(queue)).filter(([name]) => names.includes(name) || names.includes('All'));
  return chosen.length === 0 ? {} : { Attributes: Object.fromEntries(chosen) };
}

export function setQueueAttributes(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'Attributes']);
  const queue = state.queueOf(members);
  const attributes = mapOf(members, 'Attributes');
  if (Object.keys(attributes).length === 0) throw missing('Attribute.Name');
  const settings = readAttributes(attributes, queue.settings);
  if (attributes['RedrivePolicy'] !== undefined) state.checkRedrive(settings.redrivePolicy, queue.arn);
  queue.settings = settings;
  queue.modifiedAt = state.world.clock.now();
  return {};
}

export function purgeQueue(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl']);
  const queue = state.queueOf(members);
  if (state.world.clock.now() - queue.purgedAt < 60_000)
    throw new SqsError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
    );
  queue.purge();
  return {};
}

/** The queues whose dead letters go to this one. */
export function listDeadLetterSourceQueues(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl']);
  const { arn } = state.queueOf(members);
  const sources = [...state.queues.values()].filter(
    ({ settings }) => settings.redrivePolicy?.deadLetterTargetArn === arn,
  );
  return { queueUrls: sources.map(({ name }) => state.urlOf(name)) };
}

export function listQueueTags(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl']);
  const { tags } = state.queueOf(members);
  return tags.size === 0 ? {} : { Tags: Object.fromEntries(tags) };
}

export function tagQueue(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'Tags']);
  const queue = state.queueOf(members);
  for (const [key, value] of Object.entries(mapOf(members, 'Tags'))) queue.tags.set(key, value);
  return {};
}

export function untagQueue(state: SqsState, members: Members): object {
  refuseOthers(members, ['QueueUrl', 'TagKeys']);
  const queue = state.queueOf(members);
  for (const key of textsOf(members, 'TagKeys')) queue.tags.delete(key);
  return {};
}

function attributesOf(queue: Queue): Record<string, string> {
  const { visible, inFlight, delayed } = queue.counts;
  const seconds = (milliseconds: number) => String(Math.floor(milliseconds / 1000));
  return {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: seconds(queue.createdAt),
    LastModifiedTimestamp: seconds(queue.modifiedAt),
    ...writeAttributes(queue.settings),
  };
}

const ATTRIBUTES = new Set<string>([
  ...COMPUTED,
  'DelaySeconds',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'VisibilityTimeout',
  'Policy',
  'RedrivePolicy',
  'RedriveAllowPolicy',
  'SqsManagedSseEnabled',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
]);

const MAX_QUEUES = 1000;

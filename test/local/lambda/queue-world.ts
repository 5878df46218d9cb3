import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import {
  CreateEventSourceMappingCommand,
  type CreateEventSourceMappingCommandInput,
  type EventSourceMappingConfiguration,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { bundle } from '../../../local/bundle.js';
import { skippingClock } from '../../../local/clock.js';
import { type EngineOptions, startEngine } from '../../../local/engine.js';
import type { FunctionDefinition } from '../../../local/lambda/function-definition.js';
import { Watch } from '../../../local/watch.js';
import type { QueueOrder } from './queue-function.js';

/** What the function printed of one message that it got. */
interface Seen {
  name: string;
  count: number;
  /** Messages in its batch. */
  of: number;
  record?: Record<string, unknown>;
}

export type QueueWorld = Awaited<ReturnType<typeof openQueueWorld>>;

/** An engine, its clock skipping, with clients for what events go through, and a function that obeys its messages. */
export async function openQueueWorld(options: EngineOptions = {}) {
  const seen: Seen[] = [];
  const printed = new Watch();
  const engine = await startEngine({
    clock: skippingClock(),
    threads: 2,
    ...options,
    onLog: (_, line) => {
      // Lambda's console puts the time and the level in front; what the platform itself prints is no JSON.
      const text = line.split('\t').at(-1) ?? '';
      if (text.startsWith('{')) seen.push(JSON.parse(text) as Seen);
      printed.changed();
    },
  });
  const { consumer } = await bundle({ consumer: 'test/local/lambda/queue-function.ts' });
  const { endpoint, region, accountId, credentials } = engine;
  const settings = { endpoint, region, credentials, maxAttempts: 1 };
  const clients = {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    sqs: new SQSClient(settings),
    events: new EventBridgeClient(settings),
    lambda: new LambdaClient(settings),
  };
  const arnOf = (queue: string) => `arn:aws:sqs:${region}:${accountId}:${queue}`;
  const urlOf = (queue: string) => `${endpoint}/${accountId}/${queue}`;
  return {
    engine,
    ...clients,
    settings,
    arnOf,
    urlOf,
    /** All that functions printed, in the order in which they did. */
    seen,
    queue: async (name: string, attributes: Record<string, string> = {}) => {
      await clients.sqs.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
      return arnOf(name);
    },
    send: async (queue: string, order: QueueOrder) => {
      const sent = await clients.sqs.send(
        new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody: JSON.stringify(order) }),
      );
      return sent.MessageId ?? '';
    },
    createFunction: (name: string, more: Partial<FunctionDefinition> = {}) =>
      engine.lambda.createFunction({
        name,
        bundle: consumer ?? '',
        environment: {},
        timeoutMs: 20_000,
        memoryMb: 256,
        ...more,
      }),
    map: (
      queue: string,
      functionName: string,
      more: Partial<CreateEventSourceMappingCommandInput> = {},
    ): Promise<EventSourceMappingConfiguration> =>
      clients.lambda.send(
        new CreateEventSourceMappingCommand({ EventSourceArn: arnOf(queue), FunctionName: functionName, ...more }),
      ),
    /** A rule whose events go to a queue. */
    rule: async (name: string, pattern: object, queue: string) => {
      await clients.events.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern) }));
      await clients.events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: 'queue', Arn: arnOf(queue) }] }));
    },
    /** Resolves when a function has printed that it has a message of this name. */
    saw: (name: string) => printed.until(() => seen.some((each) => each.name === name)),
    /** Resolves when functions have printed enough that it holds. */
    until: (holds: () => boolean) => printed.until(holds),
    /** A policy of a queue that lets the account's rules in. */
    letsRules: (queue: string) =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sqs:SendMessage',
            Resource: arnOf(queue),
            Condition: { ArnLike: { 'aws:SourceArn': `arn:aws:events:${region}:${accountId}:rule/*` } },
          },
        ],
      }),
    close: async () => {
      for (const client of Object.values(clients)) client.destroy();
      await engine.close();
    },
  };
}

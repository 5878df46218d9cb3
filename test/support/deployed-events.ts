import { callerOf } from '../../local/access/principals.js';
import type { JsonAnswer } from '../../local/doors/json-door.js';
import type { Engine } from '../../local/engine.js';
import type { Deployment, Resource, Value } from './cloudformation.js';

/** Queues of the template: those first that take the dead letters of others. */
export async function makeQueues(engine: Engine, deployment: Deployment): Promise<void> {
  let waiting = deployment.resources('AWS::SQS::Queue');
  while (waiting.length > 0) {
    const next = waiting.find(([, { Properties }]) => isResolvable(deployment, Properties));
    if (!next) throw new Error(`These queues wait for each other: ${waiting.map(([id]) => id).join(', ')}.`);
    const [id, { Properties }] = next;
    waiting = waiting.filter((each) => each !== next);
    const { QueueName, Tags: _, ...attributes } = deployment.resolve(Properties ?? {}) as Record<string, Value>;
    const name = deployment.text(QueueName ?? id);
    const { QueueUrl: url } = await ask<{ QueueUrl: string }>(engine, 'sqs', 'CreateQueue', {
      QueueName: name,
      Attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, asAttribute(value)])),
    });
    const arn = `arn:aws:sqs:${engine.region}:${engine.accountId}:${name}`;
    deployment.made(id, url, { Arn: arn, QueueName: name, QueueUrl: url });
  }
}

/** Rules of EventBridge with their targets, and then the policies of queues, which name them. */
export async function makeRules(engine: Engine, deployment: Deployment): Promise<void> {
  for (const [id, { Properties }] of deployment.resources('AWS::Events::Rule')) {
    const { Name, EventPattern, Targets, ...more } = deployment.resolve(Properties) as Record<string, Value>;
    const name = deployment.text(Name ?? id);
    const rule = { Name: name, EventPattern: JSON.stringify(EventPattern), ...more };
    const { RuleArn } = await ask<{ RuleArn: string }>(engine, 'events', 'PutRule', rule);
    deployment.made(id, name, { Arn: RuleArn });
    if (Array.isArray(Targets)) await ask(engine, 'events', 'PutTargets', { Rule: name, Targets });
  }
  for (const [, { Properties }] of deployment.resources('AWS::SQS::QueuePolicy')) {
    const Policy = JSON.stringify(deployment.resolve(Properties['PolicyDocument']));
    for (const url of deployment.resolve(Properties['Queues']) as string[])
      await ask(engine, 'sqs', 'SetQueueAttributes', { QueueUrl: url, Attributes: { Policy } });
  }
}

/** Which functions are invoked with the messages of which queues. */
export function makeEventSources(engine: Engine, deployment: Deployment): void {
  for (const [id, { Properties }] of deployment.resources('AWS::Lambda::EventSourceMapping')) {
    const { UUID } = engine.eventSourceMappings.create(deployment.resolve(Properties) as Record<string, Value>) as {
      UUID: string;
    };
    deployment.made(id, UUID, { Id: UUID });
  }
}

/** Custom resources that switch on the events of buckets, by the function that CloudFormation would call. */
export async function makeSentEvents(engine: Engine, deployment: Deployment, functionName = ''): Promise<void> {
  for (const [, { Properties }] of deployment.resources('Custom::S3BackfillEvents')) {
    const { ServiceToken: _, ...own } = Properties;
    const event = { RequestType: 'Create', ResourceProperties: deployment.resolve(own) };
    const { payload, functionError } = await engine.lambda.invoke(functionName, JSON.stringify(event));
    if (functionError) throw new Error(`send-events failed: ${payload}`);
  }
}

function isResolvable(deployment: Deployment, properties: Resource['Properties'] | undefined): boolean {
  try {
    deployment.resolve(properties ?? {});
    return true;
  } catch {
    return false;
  }
}

/** SQS has its attributes as text, CloudFormation as what they are. */
function asAttribute(value: Value): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

async function ask<Answer>(engine: Engine, service: 'sqs' | 'events', action: string, input: object): Promise<Answer> {
  const root = callerOf(engine.credentials, engine.accountId);
  const { status, body }: JsonAnswer = await engine[service].handle(action, JSON.stringify(input), root);
  if (status !== 200) throw new Error(`${action} was refused: ${body}`);
  return JSON.parse(body) as Answer;
}

import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ListQueuesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { PairInput } from '../../contracts/pair.js';
import { BackfillStack } from '../../infra/backfill-stack.js';
import { checkPair } from '../../infra/check-pair.js';
import type { AwsCall } from '../../local/access/aws-call.js';
import type { Engine } from '../../local/engine.js';
import { testApp } from '../infra/synthesize.js';
import type { TemplateJson } from './cloudformation.js';
import { deployStack, type DeployedStack } from './deployed-stack.js';
import { openEngineWith, type EngineUnderTest } from './engine.js';
import { enforcer } from './iam.js';

export const SOURCE = 'photos';
export const DESTINATION = 'photos-replica';

/** A live pair on the engine, from the template that would go to CloudFormation, its policies enforced. */
export interface LivePairUnderTest extends EngineUnderTest<DeployedStack> {
  /** Calls that were made, and those that the policies refused. */
  calls: AwsCall[];
  denied: string[];
  /** The role of a function, by its handler. */
  callsOf(handler: string): AwsCall[];
  /** How many objects SyncObject copied to a bucket. */
  copiesTo(bucket: string): number;
  /** Invokes SyncObject by hand. */
  syncByHand(event: object): Promise<unknown>;
  /** Somebody sends to the pair's queue. */
  sendToQueue(body: string): Promise<void>;
  /** `{key: body}` of a bucket. */
  contents(bucket: string): Record<string, string>;
}

export interface LivePairOptions {
  pair?: Partial<PairInput>;
  /** Whether each call is held against the policies; where thousands are made, that takes longer than they do. */
  isEnforced?: boolean;
  /** Buckets that have versions. */
  versioned?: readonly string[];
}

export async function openLivePair({
  pair = {},
  isEnforced = true,
  versioned = [],
}: LivePairOptions = {}): Promise<LivePairUnderTest> {
  let permits: ((call: AwsCall) => boolean) | undefined;
  const calls: AwsCall[] = [];
  const denied: string[] = [];
  const test = await openEngineWith((engine) => deploy(engine, pair, versioned), {
    access: {
      ...(isEnforced ? { permits: (call: AwsCall) => permits?.(call) ?? true } : {}),
      onCall: (call, allowed) => {
        calls.push(call);
        if (!allowed) denied.push(`${call.principal} ${call.action} ${call.resource}`);
      },
    },
  });
  permits = enforcer({ identity: test.pipeline.policies, resource: () => undefined });
  const callsOf = (handler: string) => {
    const role = handler.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
    return calls.filter(({ principal }) => principal.includes(`:role/Backfill${role}Role`));
  };
  return {
    ...test,
    calls,
    denied,
    callsOf,
    copiesTo: (bucket) =>
      callsOf('sync-object').filter(
        ({ action, resource }) => action === 's3:PutObject' && resource.startsWith(`arn:aws:s3:::${bucket}/`),
      ).length,
    syncByHand: async (event) => {
      const { Payload, FunctionError } = await test.lambda.send(
        new InvokeCommand({
          FunctionName: test.pipeline.functionNames['sync-object'],
          Payload: Buffer.from(JSON.stringify(event)),
        }),
      );
      const answer = JSON.parse(Buffer.from(Payload ?? []).toString()) as object;
      return FunctionError === undefined ? answer : { ...answer, FunctionError };
    },
    sendToQueue: async (body) => {
      const sqs = new SQSClient({
        endpoint: test.engine.endpoint,
        region: test.engine.region,
        credentials: test.engine.credentials,
      });
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
      const url = QueueUrls.find((each) => each.includes('LiveQueue'));
      await sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: body }));
      sqs.destroy();
    },
    contents: (bucket) =>
      Object.fromEntries(
        [...test.engine.s3.listObjects(bucket)].map(({ key }) => [
          key,
          test.engine.s3.getObject(bucket, key)?.body.toString() ?? '',
        ]),
      ),
  };
}

function deploy(engine: Engine, pair: Partial<PairInput>, versioned: readonly string[]): Promise<DeployedStack> {
  const app = testApp();
  const { region, accountId: account } = engine;
  const stack = new BackfillStack(
    app,
    checkPair({
      name: 'photos',
      source: { bucket: SOURCE },
      destination: { bucket: DESTINATION },
      inventory: { bucket: 'inventories', configId: 'every-object' },
      live: 'events',
      ...pair,
    }),
    { region, account },
  );
  const assembly = app.synth();
  for (const bucket of [SOURCE, DESTINATION, 'inventories'])
    engine.s3.createBucket(bucket, versioned.includes(bucket) ? { versioning: 'Enabled' } : {});
  return deployStack(engine, assembly.getStackByName(stack.stackName).template as TemplateJson, assembly.directory);
}

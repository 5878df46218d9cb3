import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { join } from 'node:path';
import { pairTags, reconcileMachineName } from '../../contracts/pair.js';
import { partitionOf } from '../../contracts/partition.js';
import type { TableInput } from '../../local/athena/catalog/table-input.js';
import type { WorkGroupConfiguration } from '../../local/athena/work-groups.js';
import type { Engine } from '../../local/engine.js';
import type { Pipeline } from '../../local/pipeline.js';
import { customResourcesOf, type CustomResource } from './custom-resources.js';
import { trustServices } from './service-trust.js';
import { makeEventSources, makeQueues, makeRules, makeSentEvents } from './deployed-events.js';
import { Deployment, type Resource, type TemplateJson, type Value } from './cloudformation.js';

/** A policy of a role, its intrinsic functions evaluated. */
export interface PolicyDocument {
  Version: string;
  Statement: { Sid?: string; Effect: string; Action: string | string[]; Resource: string | string[] }[];
}

/** A stack on the embedded engine, made of the very template that would go to CloudFormation. */
export interface DeployedStack extends Pipeline {
  /** Policies by role ARN. */
  policies: ReadonlyMap<string, PolicyDocument[]>;
  workBucketPolicy: PolicyDocument;
  /** An output of the stack, by its id without the digits behind it. */
  output(id: string): string;
  scheduleRoleArn: string;
  /** What CloudFormation would call functions of the stack for. */
  customResources: readonly CustomResource[];
  /** Starts an execution as EventBridge Scheduler does: with the schedule's role, target and input. Answers its ARN. */
  fireSchedule(at: string): Promise<string>;
}

/**
 * Deploys a synthesized stack on the engine: buckets, table, functions with their bundles, sizes, environments and
 * published versions, queues, rules and event sources, and the state machine from its definition. Each function signs with
 * keys of its own, which stand for its role. What the engine has no service for (logs, alarms, dashboard) is left out.
 * @param assets the folder that the app was synthesized to
 */
export async function deployStack(engine: Engine, template: TemplateJson, assets: string): Promise<DeployedStack> {
  const { region, accountId, endpoint } = engine;
  const partition = partitionOf(region);
  const deployment = new Deployment(template, {
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::AccountId': accountId,
    'AWS::URLSuffix': partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com',
    'AWS::NoValue': '',
  });
  for (const type of ['AWS::Logs::LogGroup', 'AWS::SNS::Topic'])
    for (const [id] of deployment.resources(type))
      deployment.made(id, id, { Arn: `arn:${partition}:embedded:${region}:${accountId}:${id}`, TopicName: id });
  for (const [id, { Properties }] of deployment.resources('AWS::Scheduler::ScheduleGroup')) {
    const name = deployment.text(Properties['Name']);
    deployment.made(id, name, { Arn: `arn:${partition}:scheduler:${region}:${accountId}:schedule-group/${name}` });
  }
  for (const [id] of deployment.resources('AWS::IAM::Role'))
    deployment.made(id, id, { Arn: `arn:${partition}:iam::${accountId}:role/${id}` });

  const [workBucketId] = deployment.only('AWS::S3::Bucket');
  const workBucket = workBucketId.toLowerCase();
  engine.s3.createBucket(workBucket);
  deployment.made(workBucketId, workBucket, { Arn: `arn:${partition}:s3:::${workBucket}` });

  for (const [id, table] of deployment.resources('AWS::DynamoDB::Table')) {
    const definition = { TableName: id, BillingMode: 'PAY_PER_REQUEST' };
    await engine.dynamodb.createTable({ ...definition, ...(deployment.resolve(indexesOf(table)) as object) });
    deployment.made(id, id, { Arn: `arn:${partition}:dynamodb:${region}:${accountId}:table/${id}` });
  }
  makeAthena(engine, deployment);
  await makeQueues(engine, deployment);
  await makeRules(engine, deployment);

  trustServices(engine, deployment);
  const functionNames: Record<string, string> = {};
  for (const [id, { Properties }] of deployment.resources('AWS::Lambda::Function')) {
    // CDK's own, which calls ours when CloudFormation calls it.
    if (Properties['Handler'] !== 'index.handler') continue;
    const name = deployment.text(Properties['FunctionName']);
    const principalArn = deployment.text(Properties['Role']);
    const keys = { accessKeyId: `AKIA${id.toUpperCase()}`, secretAccessKey: `secret of ${id}` };
    engine.identities.add({ ...keys, principalArn });
    const { Variables } = deployment.resolve(Properties['Environment'] ?? { Variables: {} }) as {
      Variables: Record<string, string>;
    };
    const arn = engine.lambda.createFunction({
      name,
      bundle: join(assets, assetFolder(Properties['Code']), 'index.js'),
      environment: {
        ...Variables,
        ...SMALL_AND_QUICK,
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
      },
      role: principalArn,
      timeoutMs: Number(Properties['Timeout']) * 1000,
      memoryMb: Number(Properties['MemorySize']),
    });
    deployment.made(id, name, { Arn: arn });
    functionNames[name.replace(/^s3-backfill-[^-]+-/, '')] = name;
  }
  for (const [id, { Properties }] of deployment.resources('AWS::Lambda::Version')) {
    const name = deployment.text(Properties['FunctionName']);
    deployment.made(
      id,
      `arn:${partition}:lambda:${region}:${accountId}:function:${name}:${engine.lambda.publishVersion(name)}`,
    );
  }

  await makeSentEvents(engine, deployment, functionNames['send-events']);
  makeEventSources(engine, deployment);

  const machines: Record<string, { arn: string; tags: Record<string, string> }> = {};
  for (const [id, { Properties }] of deployment.resources('AWS::StepFunctions::StateMachine')) {
    const tags = (deployment.resolve(Properties['Tags'] ?? []) ?? []) as { Key: string; Value: string }[];
    const name = deployment.text(Properties['StateMachineName']);
    const { stateMachineArn: arn } = await ask<{ stateMachineArn: string }>(engine, 'CreateStateMachine', {
      name,
      definition: deployment.resolve(Properties['DefinitionString']),
      roleArn: deployment.resolve(Properties['RoleArn']),
      tags: tags.map(({ Key, Value }) => ({ key: Key, value: Value })),
    });
    deployment.made(id, arn, { Arn: arn, Name: name });
    machines[name] = { arn, tags: Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])) };
  }
  const tagged = Object.values(machines).filter(({ tags }) => pairTags.pair in tags);
  const restore = tagged.find(({ tags }) => tags[pairTags.pair]?.endsWith('-restore'));
  const backfill = tagged.find((each) => each !== restore);
  const pair = backfill?.tags[pairTags.pair] ?? '';

  const [, schedule] = deployment.only('AWS::Scheduler::Schedule');
  const target = deployment.resolve(schedule.Properties['Target']) as { Arn: string; Input: string; RoleArn: string };
  engine.identities.add({ ...SCHEDULER, principalArn: target.RoleArn });
  return {
    pair,
    stateMachineArn: backfill?.arn ?? '',
    ...(restore ? { restoreMachineArn: restore.arn } : {}),
    reconcileMachineArn: machines[reconcileMachineName(pair)]?.arn ?? '',
    workBucket,
    failureTable: backfill?.tags[pairTags.failureTable] ?? '',
    reconciliations: backfill?.tags[pairTags.reconciliations] ?? '',
    functionNames,
    policies: policiesOf(deployment),
    workBucketPolicy: documentOf(deployment, 'AWS::S3::BucketPolicy'),
    scheduleRoleArn: target.RoleArn,
    customResources: customResourcesOf(deployment),
    output: (id) => {
      const [, found] =
        Object.entries(template.Outputs ?? {}).find(([name]) => /^(.+)[0-9A-F]{8}$/.exec(name)?.[1] === id) ?? [];
      if (!found) throw new Error(`The stack has no output ${id}.`);
      return deployment.text(found.Value);
    },
    fireSchedule: (at) =>
      fire(engine, { ...target, Input: target.Input.replace('<aws.scheduler.scheduled-time>', at) }),
  };
}

/** Workgroup, database and tables, in the words in which Glue and Athena have them. */
function makeAthena({ athena }: Engine, deployment: Deployment): void {
  for (const [id, { Properties }] of deployment.resources('AWS::Athena::WorkGroup')) {
    const name = deployment.text(Properties['Name']);
    const configuration = deployment.resolve(Properties['WorkGroupConfiguration']) as WorkGroupConfiguration;
    athena.createWorkGroup({ name, configuration });
    deployment.made(id, name);
  }
  for (const [id, { Properties }] of deployment.resources('AWS::Glue::Database')) {
    const { Name } = deployment.resolve(Properties['DatabaseInput']) as { Name: string };
    athena.createDatabase(Name);
    deployment.made(id, Name);
  }
  for (const [, { Properties }] of deployment.resources('AWS::Glue::Table'))
    athena.createTable(
      deployment.text(Properties['DatabaseName']),
      deployment.resolve(Properties['TableInput']) as unknown as TableInput,
    );
}

/** Chunks of few rows and small pieces, so that few objects fan out, and no long delays: the one thing that differs from AWS. */
const SMALL_AND_QUICK = {
  BACKFILL_CHUNK_ROWS: '20',
  BACKFILL_PIECE_BYTES: '500',
  BACKFILL_RETRY_DELAY_MS: '1',
  POWERTOOLS_TRACE_ENABLED: 'false',
  AWS_XRAY_MANUAL_MODE: 'true',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
};

/** Keys and indexes, as the template has them. */
function indexesOf({ Properties }: Resource): Record<string, Value> {
  const named = ['KeySchema', 'AttributeDefinitions', 'GlobalSecondaryIndexes'];
  return Object.fromEntries(
    named.flatMap((name) => (Properties[name] === undefined ? [] : [[name, Properties[name]]])),
  );
}

/** `<hash>.zip` in the bucket of assets is `asset.<hash>` in the folder of the app. */
function assetFolder(code: Value | undefined): string {
  const { S3Key } = code as { S3Key: string };
  return `asset.${S3Key.replace(/\.zip$/, '')}`;
}

function policiesOf(deployment: Deployment): Map<string, PolicyDocument[]> {
  const policies = new Map<string, PolicyDocument[]>();
  for (const [, { Properties }] of deployment.resources('AWS::IAM::Policy')) {
    const document = deployment.resolve(Properties['PolicyDocument']) as unknown as PolicyDocument;
    for (const role of Properties['Roles'] as { Ref: string }[]) {
      const arn = deployment.text({ 'Fn::GetAtt': [role.Ref, 'Arn'] });
      policies.set(arn, [...(policies.get(arn) ?? []), document]);
    }
  }
  return policies;
}

function documentOf(deployment: Deployment, type: string): PolicyDocument {
  return deployment.resolve(deployment.only(type)[1].Properties['PolicyDocument']) as unknown as PolicyDocument;
}

const SCHEDULER = { accessKeyId: 'AKIASCHEDULER', secretAccessKey: 'secret of the scheduler' };

/** Over the wire, signed with keys that stand for the schedule's role: the engine hears who starts what. */
async function fire(engine: Engine, target: { Arn: string; Input: string; RoleArn: string }): Promise<string> {
  const client = new SFNClient({
    endpoint: engine.endpoint,
    region: engine.region,
    credentials: SCHEDULER,
    maxAttempts: 1,
  });
  try {
    const { executionArn = '' } = await client.send(
      new StartExecutionCommand({ stateMachineArn: target.Arn, input: target.Input }),
    );
    return executionArn;
  } finally {
    client.destroy();
  }
}

async function ask<Answer>(engine: Engine, action: string, input: object): Promise<Answer> {
  const { status, body } = await engine.stepFunctions.handle(action, input);
  if (status !== 200) throw new Error(`${action} was refused: ${JSON.stringify(body)}`);
  return body as Answer;
}

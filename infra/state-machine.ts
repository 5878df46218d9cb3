import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArnFormat, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib';
import { Policy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { OWN_MANIFESTS, pairTags, stateMachineName, type Pair, type PairBounds } from '../contracts/pair.js';
import { substitute, type Json } from '../state-machines/substitute.js';
import { pascalCase } from './functions.js';
import { acknowledge } from './acknowledge.js';
import { allow, reasonsOf, statementOf, type Permission } from './permission.js';
import { bucketArn } from './pair-place.js';

export interface StateMachineOptions {
  pair: Pair;
  bounds: PairBounds;
  workBucket: string;
  failureTable: string;
  functions: ReadonlyMap<string, LambdaFunction>;
  key: IKey | undefined;
}

/** The state machine of a pair: state-machines/backfill.asl.json with the pair's values in it. */
export function createStateMachine(scope: Construct, options: StateMachineOptions): StateMachine {
  const { pair, workBucket, failureTable, key } = options;
  const stack = Stack.of(scope);
  const name = stateMachineName(pair.name);
  const role = new Role(scope, 'StateMachineRole', {
    description: `What the state machine of the pair ${pair.name} may do (s3-backfill).`,
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        // Children of a Map are executions of `<machine>/<Label>`.
        ArnLike: { 'aws:SourceArn': [stateMachineArn(scope, pair.name), `${stateMachineArn(scope, pair.name)}/*`] },
      },
    }),
  });
  const versions = [...options.functions].map(([handler, each]) => ({ handler, arn: each.currentVersion.functionArn }));
  allow(role, permissionsOfMachine(scope, options));
  if (key) key.grantEncryptDecrypt(role);

  const stateMachine = new StateMachine(scope, 'StateMachine', {
    stateMachineName: name,
    comment: `Backfills and verifies the pair ${pair.name}.`,
    role,
    definitionBody: DefinitionBody.fromString(
      stack.toJsonString(
        substitute(readDefinition(), {
          Partition: stack.partition,
          LambdaInvoke: `arn:${stack.partition}:states:::lambda:invoke`,
          WorkBucket: workBucket,
          Pair: stack.toJsonString({ name: pair.name, bounds: options.bounds }),
          ...Object.fromEntries(versions.map(({ handler, arn }) => [`${pascalCase(handler)}Function`, arn])),
        }),
      ),
    ),
    tracingEnabled: true,
    logs: {
      // The name that the console looks for.
      destination: new LogGroup(scope, 'StateMachineLog', {
        logGroupName: `/aws/vendedlogs/states/${name}`,
        retention: RetentionDays.THREE_MONTHS,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
      level: LogLevel.ALL,
      // Data holds keys.
      includeExecutionData: false,
    },
  });
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]': 'X-Ray, and the delivery of logs by CloudWatch, know no resource to name.',
  });
  stateMachine.node.addDependency(attachDistributedMapPolicy(role, pair.name));
  Tags.of(stateMachine).add(pairTags.pair, pair.name);
  Tags.of(stateMachine).add(pairTags.workBucket, workBucket);
  Tags.of(stateMachine).add(pairTags.failureTable, failureTable);
  return stateMachine;
}

/** By its name, so that its own role can name it. */
export function stateMachineArn(scope: Construct, pairName: string): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: stateMachineName(pairName),
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** ARN patterns of what a machine's runs are made of: executions, children of Maps, Map Runs. */
export function underMachine(scope: Construct, pairName: string) {
  const machine = stateMachineArn(scope, pairName);
  const named = (resource: string) => machine.replace(':stateMachine:', `:${resource}:`);
  return {
    executions: `${named('execution')}:*`,
    children: `${named('execution')}/*`,
    mapRuns: `${named('mapRun')}/*`,
  };
}

function readDefinition(): Json {
  const here = dirname(fileURLToPath(import.meta.url));
  return JSON.parse(readFileSync(join(here, '../state-machines/backfill.asl.json'), 'utf8')) as Json;
}

/** What the machine does itself: invoke the functions that are its states, read the items of its Maps, write their results. */
function permissionsOfMachine(scope: Construct, { workBucket, functions }: StateMachineOptions): Permission[] {
  const inRun = (pattern: string) => `${bucketArn(scope, workBucket)}/runs/*/${pattern}`;
  const why = 'Files of a run are named by run and pass, which are known only when it runs.';
  return [
    {
      sid: 'InvokeStates',
      actions: ['lambda:InvokeFunction'],
      resources: [...functions.values()].map(({ functionArn }) => `${functionArn}:*`),
      why: 'A run under way goes on with the versions that it began with, whatever was deployed since.',
    },
    {
      sid: 'ReadItems',
      actions: ['s3:GetObject'],
      resources: [
        inRun('files.jsonl'),
        inRun('merge/ranges.jsonl'),
        inRun('pass-*/chunks.jsonl'),
        `${bucketArn(scope, workBucket)}/${OWN_MANIFESTS}*/rounds/*/ranges.jsonl`,
      ],
      why,
    },
    {
      sid: 'WriteResults',
      // Results of many children are uploaded in parts.
      actions: ['s3:PutObject', 's3:GetObject', 's3:ListMultipartUploadParts', 's3:AbortMultipartUpload'],
      resources: [...['index', 'merge', 'copy', 'verify'].map((map) => `pass-*/${map}/*`), 'listing/*'].map(inRun),
      why,
    },
  ];
}

/**
 * A distributed Map starts its children as executions of the machine. A policy of its own: in the role's default policy it
 * would wait for the machine that waits for it.
 * Source: Step Functions Developer Guide, IAM policies for using Distributed Map states.
 */
function attachDistributedMapPolicy(role: Role, pairName: string): Policy {
  const machine = stateMachineArn(role, pairName);
  const { executions, children } = underMachine(role, pairName);
  const permissions: Permission[] = [
    { sid: 'StartChildren', actions: ['states:StartExecution'], resources: [machine] },
    {
      sid: 'FollowChildren',
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [executions, children],
      why: CHILDREN,
    },
    { sid: 'RedriveChildren', actions: ['states:RedriveExecution'], resources: [children], why: CHILDREN },
  ];
  const policy = new Policy(role, 'DistributedMap', { statements: permissions.map(statementOf), roles: [role] });
  acknowledge(policy, reasonsOf(role, permissions));
  return policy;
}

const CHILDREN = 'The children of a Map Run have names that Step Functions makes up.';

import { Stack, Tags } from 'aws-cdk-lib';
import { Policy, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { LIVE_HANDLERS } from '../contracts/live.js';
import { OWN_MANIFESTS, pairTags, stateMachineName } from '../contracts/pair.js';
import type { Json } from '../state-machines/substitute.js';
import { acknowledge } from './acknowledge.js';
import { pascalCase } from './functions.js';
import { createMachine, machineArn, underMachine, versionOf } from './machine.js';
import { bucketArn } from './pair-place.js';
import { reasonsOf, statementOf, type Permission } from './permission.js';
import type { Workplace } from './permission-statements.js';

/** What a pair works on, or its restore, and the functions that do. */
export interface Workshop {
  place: Workplace;
  functions: ReadonlyMap<string, LambdaFunction>;
}

export interface BackfillMachineOptions extends Workshop {
  definition: Json;
  failureTable: string;
  reconciliations: string;
  key: IKey | undefined;
}

/** What a definition is filled with: the place, and a version of each function. */
export function valuesOf(scope: Construct, { place, functions }: Workshop): Record<string, string> {
  const stack = Stack.of(scope);
  const ofNoState: readonly string[] = LIVE_HANDLERS;
  return {
    Partition: stack.partition,
    LambdaInvoke: `arn:${stack.partition}:states:::lambda:invoke`,
    WorkBucket: place.workBucket,
    Pair: stack.toJsonString({ name: place.pair.name, bounds: place.bounds }),
    ...Object.fromEntries(
      [...functions].flatMap(([handler, each]) =>
        ofNoState.includes(handler) ? [] : [[`${pascalCase(handler)}Function`, versionOf(each)] as const],
      ),
    ),
  };
}

/** The state machine of a pair, or of its restore, by which its work bucket and its tables are found too. */
export function createBackfillMachine(scope: Construct, options: BackfillMachineOptions): StateMachine {
  const { place, definition, failureTable, reconciliations, functions, key } = options;
  const { workBucket } = place;
  const pair = place.pair.name;
  const stateMachine = createMachine(scope, 'StateMachine', {
    name: stateMachineName(pair),
    definition,
    comment: `Backfills and verifies the pair ${pair}.`,
    roleDescription: `What the state machine of the pair ${pair} may do (s3-backfill).`,
    functions: place.jobRoleArn === undefined ? withoutJobs(functions) : functions,
    permissions: readAndWriteMaps(scope, workBucket),
    key,
  });
  stateMachine.node.addDependency(attachDistributedMapPolicy(stateMachine.role as Role, pair));
  for (const [tag, value] of Object.entries({ pair, workBucket, failureTable, reconciliations }))
    Tags.of(stateMachine).add(pairTags[tag as keyof typeof pairTags], value);
  return stateMachine;
}

/** Where a pair has another engine than S3 Batch Replication, no run of it comes to the states of a job. */
function withoutJobs(functions: Workshop['functions']): Workshop['functions'] {
  const ofJobs = new Set(['start-job', 'check-job', 'read-job-report']);
  return new Map([...functions].filter(([handler]) => !ofJobs.has(handler)));
}

/** By its name, so that its own role can name it. */
export function stateMachineArn(scope: Construct, pairName: string): string {
  return machineArn(scope, stateMachineName(pairName));
}

/** ARN patterns of what a pair's runs are made of: executions, children of Maps, Map Runs. */
export function partsOfRuns(scope: Construct, pairName: string) {
  const under = (resource: string) => underMachine(scope, stateMachineName(pairName), resource);
  return {
    executions: `${under('execution')}:*`,
    children: `${under('execution')}/*`,
    mapRuns: `${under('mapRun')}/*`,
  };
}

/** What the machine does itself: read the items of its Maps, write their results. */
function readAndWriteMaps(scope: Construct, workBucket: string): Permission[] {
  const inRun = (pattern: string) => `${bucketArn(scope, workBucket)}/runs/*/${pattern}`;
  const why = 'Files of a run are named by run and pass, which are known only when it runs.';
  return [
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
  const { executions, children } = partsOfRuns(role, pairName);
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

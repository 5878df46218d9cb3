import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { reconcileMachineName, type Pair, type PairBounds } from '../contracts/pair.js';
import { partsOfRuns, stateMachineArn } from './backfill-machine.js';
import { createMachine, root } from './machine.js';
import type { Permission } from './permission.js';

export interface ReconcileMachineOptions {
  pair: Pair;
  bounds: PairBounds;
  functions: ReadonlyMap<string, LambdaFunction>;
  key: IKey | undefined;
}

/** The state machine of a pair's daily reconciliation: state-machines/reconcile.asl.json with the pair's values in it. */
export function createReconcileMachine(scope: Construct, options: ReconcileMachineOptions): StateMachine {
  const { pair, bounds, functions, key } = options;
  return createMachine(scope, 'ReconcileMachine', {
    name: reconcileMachineName(pair.name),
    definition: 'reconcile',
    comment: `Proves the pair ${pair.name} again, and repairs what differs.`,
    roleDescription: `What the reconciliation of the pair ${pair.name} may do (s3-backfill).`,
    functions,
    values: {
      Pair: Stack.of(scope).toJsonString({ name: pair.name, bounds }),
      BackfillMachine: stateMachineArn(scope, pair.name),
      CountSql: readQuery('reconcile/count'),
      DifferenceSql: readQuery('reconcile/difference'),
    },
    permissions: runTheBackfill(scope, pair.name),
    key,
  });
}

/** The text of queries/<name>.sql. */
export function readQuery(name: string): string {
  return readFileSync(join(root(), `queries/${name}.sql`), 'utf8');
}

/**
 * Starts a run and waits for it: Step Functions is told of its end by a rule of EventBridge that it manages.
 * Source: Step Functions Developer Guide, IAM policies for calling Step Functions.
 */
function runTheBackfill(scope: Construct, pairName: string): Permission[] {
  return [
    { sid: 'StartRun', actions: ['states:StartExecution'], resources: [stateMachineArn(scope, pairName)] },
    {
      sid: 'FollowRun',
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [partsOfRuns(scope, pairName).executions],
      why: 'A run has a name of its own.',
    },
    {
      sid: 'HearOfItsEnd',
      actions: ['events:PutTargets', 'events:PutRule', 'events:DescribeRule'],
      resources: [
        Stack.of(scope).formatArn({
          service: 'events',
          resource: 'rule',
          resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
          arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
        }),
      ],
    },
  ];
}

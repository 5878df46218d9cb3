import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { reconcileMachineName } from '../contracts/pair.js';
import type { Json } from '../state-machines/substitute.js';
import { partsOfRuns, stateMachineArn } from './backfill-machine.js';
import { createMachine } from './machine.js';
import type { Permission } from './permission.js';

export interface ReconcileMachineOptions {
  /** The pair's name. */
  pair: string;
  definition: Json;
  functions: ReadonlyMap<string, LambdaFunction>;
  key: IKey | undefined;
}

/** The state machine of a pair's daily reconciliation. */
export function createReconcileMachine(scope: Construct, options: ReconcileMachineOptions): StateMachine {
  const { pair, definition, functions, key } = options;
  return createMachine(scope, 'ReconcileMachine', {
    name: reconcileMachineName(pair),
    definition,
    comment: `Proves the pair ${pair} again, and repairs what differs.`,
    roleDescription: `What the reconciliation of the pair ${pair} may do (s3-backfill).`,
    functions,
    permissions: runTheBackfill(scope, pair),
    key,
  });
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

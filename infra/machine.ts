import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import type { Json } from '../state-machines/substitute.js';
import { acknowledge } from './acknowledge.js';
import { allow, type Permission } from './permission.js';

export interface MachineOptions {
  /** Of the state machine. */
  name: string;
  /** With all values in it. */
  definition: Json;
  /** For people: what it does, and of its role what it may do. */
  comment: string;
  roleDescription: string;
  /** The pair's; those whose version the definition names are invoked. */
  functions: ReadonlyMap<string, LambdaFunction>;
  /** Beside invoking the functions. */
  permissions: readonly Permission[];
  key: IKey | undefined;
}

/** A state machine with a role of its own. Construct ids begin with `id`. */
export function createMachine(scope: Construct, id: string, options: MachineOptions): StateMachine {
  const { name, comment, key } = options;
  const stack = Stack.of(scope);
  const definition = stack.toJsonString(options.definition);
  const text = JSON.stringify(options.definition);
  const functions = [...options.functions.values()].filter((each) => text.includes(versionOf(each)));
  const role = new Role(scope, `${id}Role`, {
    description: options.roleDescription,
    assumedBy: new ServicePrincipal('states.amazonaws.com', {
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        // Children of a Map are executions of `<machine>/<Label>`.
        ArnLike: { 'aws:SourceArn': [machineArn(scope, name), `${machineArn(scope, name)}/*`] },
      },
    }),
  });
  allow(role, [invokeStates(functions), ...options.permissions]);
  if (key) key.grantEncryptDecrypt(role);

  const stateMachine = new StateMachine(scope, id, {
    stateMachineName: name,
    comment,
    role,
    definitionBody: DefinitionBody.fromString(definition),
    tracingEnabled: true,
    logs: {
      // The name that the console looks for.
      destination: new LogGroup(scope, `${id}Log`, {
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
  return stateMachine;
}

/** The ARN of a machine by its name, so that its own role can name it. */
export function machineArn(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: name,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

/** The same of its executions, and of what else is under it. */
export function underMachine(scope: Construct, name: string, resource: string): string {
  return machineArn(scope, name).replace(':stateMachine:', `:${resource}:`);
}

/** Where the package's files lie: beside this folder, and beside `dist/`. */
export function root(): string {
  return join(dirname(fileURLToPath(import.meta.url)), '..');
}

/** What a definition calls a function by: a run under way keeps it. */
export function versionOf(each: LambdaFunction): string {
  return each.currentVersion.functionArn;
}

function invokeStates(functions: readonly LambdaFunction[]): Permission {
  return {
    sid: 'InvokeStates',
    actions: ['lambda:InvokeFunction'],
    resources: functions.map(({ functionArn }) => `${functionArn}:*`),
    why: 'A run under way goes on with the versions that it began with, whatever was deployed since.',
  };
}

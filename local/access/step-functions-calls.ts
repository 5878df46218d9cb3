import { type ArnScope, stateMachineArn } from '../step-functions/arns.js';
import type { AwsCall } from './aws-call.js';

/**
 * What a request to Step Functions does. A request that does not name its resource does nothing: it is refused.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
 */
export function stepFunctionsCalls(action: string, body: unknown, scope: ArnScope): Omit<AwsCall, 'principal'>[] {
  const input = Object(body) as Readonly<Record<string, unknown>>;
  const context = { 'aws:ResourceAccount': scope.accountId };
  const call = (name: string, resource: unknown) =>
    typeof resource === 'string' ? [{ action: name, resource, context }] : [];
  const passRole = () =>
    call('iam:PassRole', input['roleArn']).map((each) => ({
      ...each,
      context: { ...context, 'iam:PassedToService': 'states.amazonaws.com' },
    }));
  if (action === 'CreateStateMachine') {
    const { name, tags } = input;
    const arn = typeof name === 'string' ? stateMachineArn(scope, name) : undefined;
    const tagging = Array.isArray(tags) && tags.length > 0 ? call('states:TagResource', arn) : [];
    return [...call('states:CreateStateMachine', arn), ...passRole(), ...tagging];
  }
  const members = RESOURCES[action];
  if (!members) return [];
  const resource = members === '*' ? '*' : members.map((member) => input[member]).find((each) => each !== undefined);
  return [...call(`states:${action}`, resource), ...(action === 'UpdateStateMachine' ? passRole() : [])];
}

/** The members that name the resource; `*` where the action has none. */
const RESOURCES: Readonly<Record<string, readonly string[] | '*'>> = {
  DeleteStateMachine: ['stateMachineArn'],
  DescribeExecution: ['executionArn'],
  DescribeMapRun: ['mapRunArn'],
  DescribeStateMachine: ['stateMachineArn'],
  DescribeStateMachineForExecution: ['executionArn'],
  GetExecutionHistory: ['executionArn'],
  ListExecutions: ['stateMachineArn', 'mapRunArn'],
  ListMapRuns: ['executionArn'],
  ListStateMachines: '*',
  ListTagsForResource: ['resourceArn'],
  StartExecution: ['stateMachineArn'],
  StopExecution: ['executionArn'],
  TagResource: ['resourceArn'],
  UntagResource: ['resourceArn'],
  UpdateMapRun: ['mapRunArn'],
  UpdateStateMachine: ['stateMachineArn'],
  ValidateStateMachineDefinition: '*',
};

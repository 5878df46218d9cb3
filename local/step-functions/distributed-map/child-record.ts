import type { Execution } from '../run/execution.js';

/** A child of a Map Run as ResultWriter's files have it: DescribeExecution's answer, with capital letters. */
export function childRecord(child: Execution, input: string, output: string | undefined): object {
  const { status } = child;
  return {
    ...(child.causeText === undefined ? {} : { Cause: child.causeText }),
    ...(child.error === undefined ? {} : { Error: child.error }),
    ExecutionArn: child.arn,
    Input: input,
    InputDetails: { Included: true },
    Name: child.name,
    ...(output === undefined ? {} : { Output: output }),
    OutputDetails: { Included: true },
    RedriveCount: 0,
    RedriveStatus: status === 'SUCCEEDED' ? 'NOT_REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN',
    ...(status === 'SUCCEEDED' ? { RedriveStatusReason: 'Execution is SUCCEEDED and cannot be redriven' } : {}),
    StartDate: new Date(child.startedAt).toISOString(),
    StateMachineArn: child.machine.arn,
    Status: status,
    ...(child.stoppedAt === undefined ? {} : { StopDate: new Date(child.stoppedAt).toISOString() }),
  };
}

/** A child that never started. */
export function pendingRecord(arn: string, name: string, machineArn: string, input: string): object {
  return {
    ExecutionArn: arn,
    Input: input,
    InputDetails: { Included: true },
    Name: name,
    OutputDetails: { Included: true },
    RedriveCount: 0,
    RedriveStatus: 'REDRIVABLE_BY_MAP_RUN',
    StateMachineArn: machineArn,
    Status: 'PENDING',
  };
}

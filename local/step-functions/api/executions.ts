import { randomUUID } from 'node:crypto';
import { executionArn } from '../arns.js';
import { describeJsonError } from '../definition/json-error.js';
import { nestingLimit, tooDeeplyNested } from '../definition/nesting.js';
import { limits } from '../limits.js';
import { Execution, type ExecutionStatus } from '../run/execution.js';
import type { Services } from '../run/frame.js';
import { type Json, Payload } from '../run/payload.js';
import { Stopped } from '../run/state-error.js';
import { machineOf } from './machines.js';
import { page } from './paging.js';
import { checkName, type Request } from './request.js';
import { invalidArn, notImplemented, ServiceError, validationException } from './service-error.js';

/** Dates are seconds since the epoch. */
export interface ExecutionStarted {
  executionArn: string;
  startDate: number;
}

/** StartExecution. A running execution of the same name and input is answered again. */
export function startExecution(request: Request, services: Services): ExecutionStarted {
  const machineArn = request.arn('stateMachineArn');
  const given = request.optionalString('name', { min: 1, max: limits.nameLength });
  const name = given === undefined ? randomUUID() : checkName(given);
  const text = request.optionalString('input', { max: limits.payloadBytes }) ?? '{}';
  const machine = machineOf(services.directory.machines, machineArn);
  if (machine.status === 'DELETING') {
    throw new ServiceError('StateMachineDeleting', `State Machine is being deleted: '${machineArn}'`);
  }
  checkInput(text);
  const arn = executionArn(services.arns, machine.name, name);
  const existing = services.directory.executions.get(arn);
  if (existing) {
    if (existing.status === 'RUNNING' && existing.input.text === text) return started(existing);
    throw new ServiceError('ExecutionAlreadyExists', `Execution Already Exists: '${arn}'`);
  }
  const execution = new Execution(arn, name, machine.revision, Payload.ofText(text), services);
  services.directory.executions.set(arn, execution);
  machine.executions.push(execution);
  return started(execution);
}

/** StopExecution. One that has ended stays as it ended. */
export async function stopExecution(request: Request, services: Services): Promise<object> {
  const execution = executionOf(request, services);
  const error = request.optionalString('error', { max: 256 });
  const cause = request.optionalString('cause', { max: 32_768 });
  await execution.stop(new Stopped('aborted', error, cause));
  return { stopDate: (execution.stoppedAt ?? execution.startedAt) / 1_000 };
}

/** DescribeExecution's members, in alphabetical order, as on AWS. */
export interface ExecutionDescription {
  status: ExecutionStatus;
  [member: string]: Json;
}

/** DescribeExecution. */
export async function describeExecution(request: Request, services: Services): Promise<ExecutionDescription> {
  const execution = executionOf(request, services);
  const included = request.optionalEnum('includedData', ['ALL_DATA', 'METADATA_ONLY']) !== 'METADATA_ONLY';
  const { input, output } = await execution.data();
  const { error, causeText, mapRunArn, stoppedAt } = execution;
  return {
    ...(causeText === undefined ? {} : { cause: causeText }),
    ...(error === undefined ? {} : { error }),
    executionArn: execution.arn,
    ...(included ? { input } : {}),
    inputDetails: { included },
    ...(mapRunArn === undefined ? {} : { mapRunArn }),
    name: execution.name,
    ...(included && output !== undefined ? { output } : {}),
    ...(output === undefined ? {} : { outputDetails: { included } }),
    redriveCount: 0,
    ...redriveOf(execution),
    startDate: execution.startedAt / 1_000,
    stateMachineArn: execution.machine.arn,
    status: execution.status,
    ...(stoppedAt === undefined ? {} : { stopDate: stoppedAt / 1_000 }),
  };
}

/** DescribeStateMachineForExecution: the machine as it was when the execution started. */
export function describeStateMachineForExecution(request: Request, services: Services): object {
  const execution = executionOf(request, services);
  const { revision, mapRunArn } = execution;
  const parent =
    mapRunArn === undefined
      ? execution.machine.arn
      : execution.machine.arn.slice(0, execution.machine.arn.lastIndexOf('/'));
  const machine = services.directory.machines.get(parent);
  return {
    definition: revision.definition,
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    ...(mapRunArn === undefined
      ? {}
      : { label: revision.machine.name.slice(revision.machine.name.lastIndexOf('/') + 1) }),
    loggingConfiguration: machine?.loggingConfiguration ?? { includeExecutionData: false, level: 'OFF' },
    ...(mapRunArn === undefined ? {} : { mapRunArn }),
    name: revision.machine.name,
    ...(revision.revisionId === undefined ? {} : { revisionId: revision.revisionId }),
    roleArn: revision.roleArn,
    stateMachineArn: revision.machine.arn,
    tracingConfiguration: machine?.tracingConfiguration ?? { enabled: false },
    updateDate: revision.updateDate,
  };
}

/** ListExecutions, of a machine or of a Map Run, newest first. */
export function listExecutions(request: Request, services: Services): object {
  const status = request.optionalEnum('statusFilter', statuses);
  if (request.has('redriveFilter')) throw notImplemented('redriveFilter');
  if (request.has('stateMachineArn') === request.has('mapRunArn')) {
    throw validationException('Exactly one of stateMachineArn and mapRunArn must be specified');
  }
  const ofMapRun = request.has('mapRunArn');
  const all = ofMapRun
    ? mapRunOf(request, services).children
    : machineOf(services.directory.machines, request.arn('stateMachineArn')).executions;
  const { items, nextToken } = page(
    request,
    status === undefined ? all : all.filter((each) => each.status === status),
    'newestFirst',
  );
  const executions = items.map((execution) => ({
    executionArn: execution.arn,
    ...(ofMapRun ? { itemCount: 1, mapRunArn: execution.mapRunArn } : {}),
    name: execution.name,
    redriveCount: 0,
    startDate: execution.startedAt / 1_000,
    stateMachineArn: execution.machine.arn,
    status: execution.status,
    ...(execution.stoppedAt === undefined ? {} : { stopDate: execution.stoppedAt / 1_000 }),
  }));
  return { executions, ...(nextToken === undefined ? {} : { nextToken }) };
}

/** GetExecutionHistory. */
export async function getExecutionHistory(request: Request, services: Services): Promise<object> {
  const execution = executionOf(request, services);
  const order = request.optionalBoolean('reverseOrder') ? 'newestFirst' : 'oldestFirst';
  const included = request.optionalBoolean('includeExecutionData') ?? true;
  const { items, nextToken } = page(request, await execution.history.read(), order);
  const events = included ? items : items.map((event) => JSON.parse(JSON.stringify(event, withoutData)) as object);
  return { events, ...(nextToken === undefined ? {} : { nextToken }) };
}

/** @throws ServiceError ExecutionDoesNotExist, InvalidArn. */
export function executionOf(request: Request, services: Services): Execution {
  const arn = request.arn('executionArn');
  const resourceType = arn.split(':')[5];
  if (resourceType !== undefined && resourceType !== 'execution') {
    throw invalidArn(`Resource type not valid in this context: ${resourceType}`);
  }
  const execution = services.directory.executions.get(arn);
  if (!execution) throw new ServiceError('ExecutionDoesNotExist', `Execution Does Not Exist: '${arn}'`);
  return execution;
}

/** @throws ServiceError ResourceNotFound. */
export function mapRunOf(request: Request, services: Services) {
  const arn = request.arn('mapRunArn');
  const mapRun = services.directory.mapRuns.get(arn);
  if (!mapRun) throw new ServiceError('ResourceNotFound', `Resource not found: '${arn}'`);
  return mapRun;
}

const statuses = ['SUCCEEDED', 'TIMED_OUT', 'PENDING_REDRIVE', 'ABORTED', 'FAILED', 'RUNNING'] as const;

function started({ arn, startedAt }: Execution): ExecutionStarted {
  return { executionArn: arn, startDate: startedAt / 1_000 };
}

function checkInput(text: string): void {
  if (text.trim() === '') throw invalidInput('Invalid execution input.');
  try {
    JSON.parse(text);
  } catch {
    throw invalidInput(describeJsonError(text).message);
  }
  if (tooDeeplyNested(text)) throw invalidInput(`nested deeper than ${nestingLimit} levels`);
}

function invalidInput(problem: string): ServiceError {
  return new ServiceError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${problem}'`);
}

function redriveOf({ status, mapRunArn }: Execution): object {
  if (status === 'RUNNING' || status === 'SUCCEEDED') {
    return { redriveStatus: 'NOT_REDRIVABLE', redriveStatusReason: `Execution is ${status} and cannot be redriven` };
  }
  return { redriveStatus: mapRunArn === undefined ? 'REDRIVABLE' : 'REDRIVABLE_BY_MAP_RUN' };
}

const dataMembers = new Set(['input', 'output', 'parameters', 'assignedVariables']);

function withoutData(key: string, value: unknown): unknown {
  return dataMembers.has(key) ? undefined : value;
}

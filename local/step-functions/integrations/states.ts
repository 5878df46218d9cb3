import { describeExecution, startExecution as start, stopExecution } from '../api/executions.js';
import { Request } from '../api/request.js';
import { uuid } from '../jsonata/functions.js';
import { limits } from '../limits.js';
import { AccessDenied } from '../ports.js';
import { untruncated } from '../run/history.js';
import { Payload } from '../run/payload.js';
import { StateError } from '../run/state-error.js';
import { dataLimitExceeded, type Visit } from '../run/visit.js';
import { withinLimit } from '../run/within-limit.js';
import { describedExecution } from './described-execution.js';
import { type Call, type Integration, SubmitFailed } from './integration.js';
import { sdkMetadata } from './sdk-metadata.js';
import { stepFunctionsError } from './states-errors.js';

const names = { StateMachineArn: 'requiredString', Name: 'optionalString', Input: 'optionalJson' } as const;

/** Starts an execution of a machine of this engine, and goes on. */
export const startExecution: Integration = {
  service: { resource: 'startExecution', resourceType: 'states' },
  arguments: names,
  call: async (call) => submit(call).answer,
};

/** Starts an execution and waits for its end; its input and output arrive as JSON text. */
export const startExecutionSync: Integration = sync('startExecution.sync', 'text');

/** The same; its input and output arrive as JSON. */
export const startExecutionSync2: Integration = sync('startExecution.sync:2', 'json');

function sync(resource: string, data: 'text' | 'json'): Integration {
  const service = { resource, resourceType: 'states' };
  return {
    service,
    arguments: names,
    managedRule: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
    call: async (call) => {
      const { visit, requestId } = call;
      const { executionArn, answer } = submitJob(call);
      try {
        visit.record('TaskSubmitted', { output: answer.text, outputDetails: untruncated, ...service });
        await ended(call, executionArn);
      } catch (error) {
        stopChild(visit, executionArn);
        throw error;
      }
      return resultOf(visit, executionArn, data, requestId);
    },
  };
}

/** A job that Step Functions refuses has a name of its own in the history. */
function submitJob(call: Call) {
  try {
    return submit(call);
  } catch (error) {
    throw error instanceof StateError ? new SubmitFailed(error.error, error.causeText) : error;
  }
}

/** @throws StateError where the role may not start it, or StartExecution refuses. */
function submit({ visit, arguments: given, requestId }: Call): { executionArn: string; answer: Payload } {
  const { services, roleArn } = visit.frame.execution;
  const { ports } = services;
  const { StateMachineArn: stateMachineArn, Name: name = uuid(ports.random), Input: input } = given;
  try {
    ports.checkCall('states:StartExecution', stateMachineArn as string, roleArn);
    // A string is the input's JSON text.
    const text = typeof input === 'string' ? input : JSON.stringify(input ?? {});
    const started = start(new Request({ stateMachineArn, name, input: text }), services);
    const headers = {
      connection: 'keep-alive',
      'Content-Length': String(Buffer.byteLength(JSON.stringify(started))),
      'Content-Type': 'application/x-amz-json-1.0',
      Date: new Date(ports.clock.now()).toUTCString(),
      'x-amzn-RequestId': requestId,
    };
    const { executionArn, startDate } = started;
    return {
      executionArn,
      answer: Payload.ofValue({
        ExecutionArn: executionArn,
        ...sdkMetadata(headers, requestId),
        StartDate: Math.round(startDate * 1_000),
      }),
    };
  } catch (error) {
    throw stepFunctionsError(error, requestId);
  }
}

/** @throws Stopped, or the limit's error, where that comes first. */
async function ended({ visit: { frame }, limit }: Call, executionArn: string): Promise<void> {
  const { directory, ports } = frame.execution.services;
  const child = directory.executions.get(executionArn);
  await withinLimit(frame.signal, limit, ports.workClock, async (_signal, started) => {
    started();
    await child?.ended;
  });
}

/** A Task that is over before its job stops it as well as it can: it ends the same where it may not. */
function stopChild({ frame: { execution } }: Visit, executionArn: string): void {
  const { services, roleArn } = execution;
  if (services.directory.executions.get(executionArn)?.status !== 'RUNNING') return;
  try {
    services.ports.checkCall('states:StopExecution', executionArn, roleArn);
  } catch (error) {
    if (error instanceof AccessDenied) return;
    throw error;
  }
  void stopExecution(new Request({ executionArn }), services);
}

/** @throws StateError States.TaskFailed, whatever the child's own error: that one is in the cause. */
async function resultOf(
  { frame: { execution } }: Visit,
  executionArn: string,
  data: 'text' | 'json',
  requestId: string,
): Promise<Payload> {
  const { services, roleArn } = execution;
  try {
    services.ports.checkCall('states:DescribeExecution', executionArn, roleArn);
  } catch (error) {
    throw stepFunctionsError(error, requestId);
  }
  const description = await describeExecution(new Request({ executionArn }), services);
  if (description.status !== 'SUCCEEDED')
    throw new StateError('States.TaskFailed', JSON.stringify(describedExecution(description, 'text')));
  const result = Payload.ofValue(describedExecution(description, data));
  if (result.bytes > limits.payloadBytes) throw dataLimitExceeded('states');
  return result;
}

import {
  allowFields,
  catchOf,
  exitOf,
  requireJsonata,
  retryOf,
  type StateSource,
  transition,
} from '../definition/state-fields.js';
import { type Fields, isObject, type JsonObject } from '../definition/fields.js';
import type { State } from '../definition/workflow.js';
import { functionError, lambdaResult, serviceError } from '../integrations/lambda-invoke.js';
import { uuid } from '../jsonata/functions.js';
import type { Template } from '../jsonata/template.js';
import { limits } from '../limits.js';
import { untruncated } from '../run/history.js';
import { Payload } from '../run/payload.js';
import { attempt } from '../run/retry-and-catch.js';
import { StateError, Stopped } from '../run/state-error.js';
import { leave } from '../run/leave.js';
import { dataLimitExceeded, Visit } from '../run/visit.js';
import { type Limit, withinLimit } from '../run/within-limit.js';

const service = { resource: 'invoke', resourceType: 'lambda' } as const;

/** Task, with the one integration that this engine has: the optimised `lambda:invoke`. */
export function compileTask(source: StateSource): State {
  const { name, fields } = source;
  requireJsonata(source, 'Task');
  allowFields(
    source,
    'Next',
    'End',
    'Output',
    'Assign',
    'Resource',
    'Arguments',
    'Retry',
    'Catch',
    'TimeoutSeconds',
    'HeartbeatSeconds',
    'Credentials',
  );
  refuseCredentials(fields);
  fields.require('Resource');
  checkResource(fields);
  const template = argumentsOf(fields);
  const [timeout, heartbeat] = timeouts.map((field) =>
    fields.numberOrExpression(field, { min: 1, max: limits.seconds, integer: true }),
  );
  const exit = exitOf(fields);
  const retry = retryOf(fields);
  const { catchers, targets: caught } = catchOf(fields);
  const { next, targets, terminal } = transition(source);
  return {
    name,
    type: 'Task',
    targets: [...targets, ...caught],
    terminal,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Task', name }, input, frame);
      const run = async () =>
        invoke(
          visit,
          await visit.evaluate(template),
          await secondsOf(visit, timeout),
          await secondsOf(visit, heartbeat),
        );
      return leave(visit, await attempt(visit, { retry, catch: catchers }, run), { next, exit });
    },
  };
}

const timeouts = ['TimeoutSeconds', 'HeartbeatSeconds'] as const;

function refuseCredentials(fields: Fields): void {
  const credentials = fields.object('Credentials');
  if (!credentials) return;
  if (credentials.has('RoleArn')) fields.notImplemented("'Credentials'", 'Credentials');
  else credentials.invalid("The field 'RoleArn' is required but was missing");
}

function checkResource(fields: Fields): void {
  const resource = fields.string('Resource');
  if (resource === undefined || /^arn:[^:]+:states:::lambda:invoke$/.test(resource)) return;
  if (!resource.startsWith('arn:')) {
    fields.invalid('Value is not a valid resource ARN', 'Resource');
  } else
    fields.notImplemented(
      `the resource '${resource}'; the only one is arn:<partition>:states:::lambda:invoke`,
      'Resource',
    );
}

function argumentsOf(fields: Fields): Template {
  const given = fields.get('Arguments');
  if (isObject(given)) {
    for (const name of Object.keys(given)) {
      if (name in known) continue;
      if (notImplemented.has(name))
        fields.notImplemented(`the argument '${name}' of lambda:invoke`, `Arguments/${name}`);
      else fields.invalid(`The field '${name}' is not supported by Step Functions`, 'Arguments');
    }
    if (!('FunctionName' in given)) fields.invalid("The field 'FunctionName' is required but was missing", 'Arguments');
  } else if (given === undefined) {
    const resource = fields.get('Resource');
    if (typeof resource === 'string') {
      fields.invalid(`Arguments field is required for resource ARN: ${resource}`, 'Resource');
    }
  } else if (typeof given !== 'string')
    fields.invalid("The field 'FunctionName' is required but was missing", 'Arguments');
  return fields.template('Arguments') ?? { kind: 'constant', value: {} };
}

const known = { FunctionName: true, Payload: true };
const notImplemented = new Set(['ClientContext', 'InvocationType', 'LogType', 'Qualifier']);

async function secondsOf(visit: Visit, template: Template | undefined): Promise<number | undefined> {
  if (!template) return undefined;
  const seconds = await visit.evaluateAs('number', template);
  if (Number.isInteger(seconds) && seconds > 0 && seconds <= limits.seconds) return seconds;
  const location = template.kind === 'expression' ? template.location : 'TimeoutSeconds';
  throw visit.evaluationFailed(
    `The ${location} field must be an integer from 1 to ${limits.seconds}, but was: ${seconds}`,
    location,
  );
}

/** One attempt. @throws StateError when it fails or runs out of time. */
async function invoke(
  visit: Visit,
  given: unknown,
  timeout: number | undefined,
  heartbeat: number | undefined,
): Promise<Payload> {
  const { functionName, payload } = checkedArguments(visit, given);
  const { ports, arns } = visit.frame.execution.services;
  const parameters = Payload.ofValue(given as JsonObject);
  if (parameters.bytes > limits.payloadBytes) throw dataLimitExceeded(visit.state.name);
  visit.record('TaskScheduled', {
    ...(heartbeat === undefined ? {} : { heartbeatInSeconds: heartbeat }),
    parameters: parameters.text,
    region: arns.region,
    ...service,
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
  });
  visit.record('TaskStarted', service);
  const limit = limitOf(timeout, heartbeat);
  const requestId = uuid(ports.random);
  try {
    const answer = await withinLimit(visit.frame.signal, limit, ports.workClock, (signal, started) =>
      ports.invokeLambda(functionName, payload, signal, started, visit.frame.execution.roleArn),
    );
    if (answer.functionError !== undefined) throw functionError(answer.payload);
    const result = lambdaResult(answer, requestId, ports.clock.now());
    visit.recordAnswer('TaskSucceeded', { output: result.text, outputDetails: untruncated, ...service });
    return result;
  } catch (thrown) {
    if (thrown instanceof Stopped) throw thrown;
    const error = thrown instanceof StateError ? thrown : serviceError(thrown, requestId);
    const details = {
      ...(error.causeText === undefined ? {} : { cause: error.causeText }),
      error: error.error,
      ...service,
    };
    visit.recordAnswer(error.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed', details);
    throw error;
  }
}

/** An invocation sends no heartbeats: the shorter of the two limits is the one that counts. */
function limitOf(timeout = Number.POSITIVE_INFINITY, heartbeat = Number.POSITIVE_INFINITY): Limit {
  const alias = heartbeat < timeout ? 'States.HeartbeatTimeout' : undefined;
  return { ms: 1_000 * Math.min(timeout, heartbeat), error: () => new StateError('States.Timeout', undefined, alias) };
}

/** An expression may make any Arguments: they are checked again when the task starts. */
function checkedArguments(visit: Visit, given: unknown): { functionName: string; payload: string } {
  const values = isObject(given as JsonObject) ? (given as JsonObject) : {};
  const problems: string[] = [];
  for (const name of Object.keys(values)) {
    if (!(name in known)) problems.push(`The field '${name}' is not supported by Step Functions`);
  }
  const functionName = values['FunctionName'];
  if (functionName === undefined) problems.push("The field 'FunctionName' is required but was missing");
  else if (typeof functionName !== 'string')
    problems.push("The value of the field 'FunctionName' has an invalid format");
  if (problems.length > 0) {
    const text = JSON.stringify(given);
    throw visit.runtimeError(`The Parameters '${text}' could not be used to start the Task: [${problems.join(', ')}]`);
  }
  return {
    functionName: functionName as string,
    payload: JSON.stringify('Payload' in values ? values['Payload'] : {}),
  };
}

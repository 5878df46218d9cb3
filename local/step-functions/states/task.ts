import {
  allowFields,
  catchOf,
  exitOf,
  requireJsonata,
  retryOf,
  type StateSource,
  transition,
} from '../definition/state-fields.js';
import type { Fields } from '../definition/fields.js';
import type { State } from '../definition/workflow.js';
import { type Integration, SubmitFailed } from '../integrations/integration.js';
import { integrationOf } from '../integrations/integrations.js';
import { argumentsOf, checkedArguments } from '../integrations/task-arguments.js';
import { uuid } from '../jsonata/functions.js';
import type { Template } from '../jsonata/template.js';
import { limits } from '../limits.js';
import { untruncated } from '../run/history.js';
import { type Json, Payload } from '../run/payload.js';
import { attempt } from '../run/retry-and-catch.js';
import { StateError } from '../run/state-error.js';
import { leave } from '../run/leave.js';
import { dataLimitExceeded, Visit } from '../run/visit.js';
import type { Limit } from '../run/within-limit.js';

/** Task: calls what its Resource names. */
export function compileTask(source: StateSource): State {
  const { name, fields, managedRules } = source;
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
  const integration = integrationOf(fields);
  if (integration?.managedRule !== undefined) managedRules.add(integration.managedRule);
  const template = argumentsOf(fields, integration);
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
        call(
          visit,
          integration as Integration,
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
async function call(
  visit: Visit,
  integration: Integration,
  given: Json,
  timeout: number | undefined,
  heartbeat: number | undefined,
): Promise<Payload> {
  const { service } = integration;
  const values = checkedArguments(visit, integration, given);
  const { ports, arns } = visit.frame.execution.services;
  const parameters = Payload.ofValue(given);
  if (parameters.bytes > limits.payloadBytes) throw dataLimitExceeded(visit.state.name);
  visit.record('TaskScheduled', {
    ...(heartbeat === undefined ? {} : { heartbeatInSeconds: heartbeat }),
    parameters: parameters.text,
    region: arns.region,
    ...service,
    ...(timeout === undefined ? {} : { timeoutInSeconds: timeout }),
  });
  visit.record('TaskStarted', service);
  try {
    const result = await integration.call({
      visit,
      arguments: values,
      limit: limitOf(timeout, heartbeat),
      requestId: uuid(ports.random),
    });
    visit.recordAnswer('TaskSucceeded', { output: result.text, outputDetails: untruncated, ...service });
    return result;
  } catch (error) {
    if (!(error instanceof StateError)) throw error;
    const details = {
      ...(error.causeText === undefined ? {} : { cause: error.causeText }),
      error: error.error,
      ...service,
    };
    visit.recordAnswer(failureEvent(error), details);
    throw error;
  }
}

function failureEvent(error: StateError): string {
  if (error instanceof SubmitFailed) return 'TaskSubmitFailed';
  return error.error === 'States.Timeout' ? 'TaskTimedOut' : 'TaskFailed';
}

/** No integration sends heartbeats: the shorter of the two limits is the one that counts. */
function limitOf(timeout = Number.POSITIVE_INFINITY, heartbeat = Number.POSITIVE_INFINITY): Limit {
  const alias = heartbeat < timeout ? 'States.HeartbeatTimeout' : undefined;
  return { ms: 1_000 * Math.min(timeout, heartbeat), error: () => new StateError('States.Timeout', undefined, alias) };
}

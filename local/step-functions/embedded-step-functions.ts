import { realClock } from '../clock.js';
import { createStateMachine } from './api/create-state-machine.js';
import {
  describeExecution,
  describeStateMachineForExecution,
  getExecutionHistory,
  listExecutions,
  startExecution,
  stopExecution,
} from './api/executions.js';
import { describeMapRun, listMapRuns, updateMapRun } from './api/map-runs.js';
import { Request } from './api/request.js';
import { notImplemented, ServiceError } from './api/service-error.js';
import {
  deleteStateMachine,
  describeStateMachine,
  listStateMachines,
  updateStateMachine,
  validateStateMachineDefinition,
} from './api/state-machines.js';
import { listTagsForResource, tagResource, untagResource } from './api/tags.js';
import { Directory } from './directory.js';
import type { StepFunctionsPorts } from './ports.js';
import type { Services } from './run/frame.js';
import { Stopped } from './run/state-error.js';

export type { StepFunctionsPorts } from './ports.js';

/** Step Functions in this process: what this project's state machines use, as AWS runs it; all else is refused by name. */
export class EmbeddedStepFunctions {
  readonly #services: Services;
  readonly #actions: Record<string, (request: Request) => object | Promise<object>>;

  constructor(ports: StepFunctionsPorts, options: { region: string; accountId: string; partition?: string }) {
    const complete = { workClock: realClock, random: Math.random, checkCall: () => {}, ...ports };
    const services: Services = {
      ports: complete,
      sources: { clock: complete.clock, random: complete.random },
      arns: { partition: 'aws', ...options },
      directory: new Directory(),
    };
    this.#services = services;
    this.#actions = actionsOf(services);
  }

  /** One API call in AWS JSON 1.0. @returns status and body exactly as the service: errors are `{__type, message}`. */
  async handle(action: string, body: unknown): Promise<{ status: number; body: unknown }> {
    try {
      const run = Object.hasOwn(this.#actions, action) ? this.#actions[action] : undefined;
      if (!run) throw unknownAction(action);
      return { status: 200, body: await run(new Request(body)) };
    } catch (error) {
      if (error instanceof ServiceError)
        return { status: error.status, body: { __type: error.code, message: error.message } };
      const message = `Internal error of the engine: ${(error as Error).message}`;
      return { status: 500, body: { __type: 'InternalFailure', message } };
    }
  }

  /** Stops every execution, for closing the engine. */
  async stop(): Promise<void> {
    const running = [...this.#services.directory.executions.values()].filter(({ status }) => status === 'RUNNING');
    await Promise.all(running.map((execution) => execution.stop(new Stopped('aborted'))));
  }
}

function actionsOf(services: Services): Record<string, (request: Request) => object | Promise<object>> {
  const { machines } = services.directory;
  return {
    CreateStateMachine: (request) => createStateMachine(request, services),
    DeleteStateMachine: (request) => deleteStateMachine(request, machines),
    DescribeExecution: (request) => describeExecution(request, services),
    DescribeMapRun: (request) => describeMapRun(request, services),
    DescribeStateMachine: (request) => describeStateMachine(request, machines),
    DescribeStateMachineForExecution: (request) => describeStateMachineForExecution(request, services),
    GetExecutionHistory: (request) => getExecutionHistory(request, services),
    ListExecutions: (request) => listExecutions(request, services),
    ListMapRuns: (request) => listMapRuns(request, services),
    ListStateMachines: (request) => listStateMachines(request, machines),
    ListTagsForResource: (request) => listTagsForResource(request, machines),
    StartExecution: (request) => startExecution(request, services),
    StopExecution: (request) => stopExecution(request, services),
    TagResource: (request) => tagResource(request, machines),
    UntagResource: (request) => untagResource(request, machines),
    UpdateMapRun: (request) => updateMapRun(request, services),
    UpdateStateMachine: (request) => updateStateMachine(request, services),
    ValidateStateMachineDefinition: (request) => validateStateMachineDefinition(request, services),
  };
}

/** Actions that AWS has and this engine has not. */
const otherActions = new Set(
  `CreateActivity DeleteActivity DescribeActivity GetActivityTask ListActivities
  CreateStateMachineAlias DeleteStateMachineAlias DescribeStateMachineAlias ListStateMachineAliases
  UpdateStateMachineAlias DeleteStateMachineVersion ListStateMachineVersions PublishStateMachineVersion
  RedriveExecution SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartSyncExecution TestState`.split(/\s+/),
);

function unknownAction(action: string): ServiceError {
  if (otherActions.has(action)) return notImplemented(`the action ${action}`);
  return new ServiceError('UnknownOperationException', `Step Functions has no action '${action}'.`);
}

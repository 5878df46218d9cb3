import { randomUUID } from 'node:crypto';
import { parseDefinition } from '../definition/parse-definition.js';
import { limits } from '../limits.js';
import type { Services } from '../run/frame.js';
import { Stopped } from '../run/state-error.js';
import { compiled, configurationOf, refuseEncryption } from './create-state-machine.js';
import { type Machine, machineOf, type Machines } from './machines.js';
import { makeManagedRules } from './managed-rules.js';
import { page } from './paging.js';
import { checkArn, type Request } from './request.js';
import { notImplemented, ServiceError } from './service-error.js';

/** DescribeStateMachine. */
export function describeStateMachine(request: Request, machines: Machines): object {
  const machine = machineOf(machines, request.arn('stateMachineArn'));
  const { revision } = machine;
  return {
    creationDate: machine.creationDate,
    definition: revision.definition,
    encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
    loggingConfiguration: machine.loggingConfiguration,
    name: machine.name,
    ...(revision.revisionId === undefined ? {} : { revisionId: revision.revisionId }),
    roleArn: revision.roleArn,
    stateMachineArn: machine.arn,
    status: machine.status,
    tracingConfiguration: machine.tracingConfiguration,
    type: 'STANDARD',
  };
}

/** ListStateMachines. */
export function listStateMachines(request: Request, machines: Machines): object {
  const { items, nextToken } = page(request, [...machines.values()], 'oldestFirst');
  const stateMachines = items.map(({ arn, name, creationDate }) => ({
    creationDate,
    name,
    stateMachineArn: arn,
    type: 'STANDARD',
  }));
  return { stateMachines, ...(nextToken === undefined ? {} : { nextToken }) };
}

/** UpdateStateMachine. Executions under way keep the revision that they started with. */
export function updateStateMachine(request: Request, services: Services): object {
  const machine = machineOf(services.directory.machines, request.arn('stateMachineArn'));
  const changeable = [
    'definition',
    'roleArn',
    'loggingConfiguration',
    'tracingConfiguration',
    'encryptionConfiguration',
  ];
  if (!changeable.some((name) => request.has(name))) {
    throw new ServiceError(
      'MissingRequiredParameter',
      'Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified',
    );
  }
  if (request.optionalBoolean('publish')) throw notImplemented('publish (state machine versions)');
  refuseEncryption(request);
  const { revision } = machine;
  const definition =
    request.optionalString('definition', { min: 1, max: limits.definitionBytes }) ?? revision.definition;
  const roleArn = checkArn(request.optionalString('roleArn', { min: 1, max: 256 }) ?? revision.roleArn);
  const workflow = definition === revision.definition ? revision.workflow : compiled(definition, services.sources);
  const configuration = configurationOf(request);
  const renewed = definition !== revision.definition || roleArn !== revision.roleArn;
  if (renewed) makeManagedRules(workflow, roleArn, services);
  const changed = applyConfiguration(machine, request, configuration) || renewed;
  const updateDate = services.ports.clock.now() / 1_000;
  const revisionId = changed || revision.revisionId === undefined ? randomUUID() : revision.revisionId;
  machine.revision = { ...revision, definition, roleArn, workflow, updateDate, revisionId };
  return { revisionId, updateDate };
}

/** DeleteStateMachine. Deleting what does not exist is no error; executions under way end. */
export function deleteStateMachine(request: Request, machines: Machines): object {
  const arn = request.arn('stateMachineArn');
  const machine = machines.get(arn);
  if (!machine) return {};
  const running = machine.executions.filter(({ status }) => status === 'RUNNING');
  if (running.length === 0) machines.delete(arn);
  else {
    machine.status = 'DELETING';
    void Promise.all(running.map((execution) => execution.stop(new Stopped('aborted')))).then(() =>
      machines.delete(arn),
    );
  }
  return {};
}

/** ValidateStateMachineDefinition. */
export function validateStateMachineDefinition(request: Request, services: Services): object {
  const definition = request.string('definition', { max: limits.definitionBytes });
  if (request.optionalEnum('type', ['STANDARD', 'EXPRESS']) === 'EXPRESS') throw notImplemented('the type EXPRESS');
  request.optionalEnum('severity', ['ERROR', 'WARNING']);
  const limit = request.optionalNumber('maxResults', { min: 0, max: 100 }) || 100;
  const parsed = parseDefinition(definition, services.sources);
  if (parsed.kind === 'valid') return { diagnostics: [], result: 'OK', truncated: false };
  const { diagnostics } = parsed;
  return { diagnostics: diagnostics.slice(0, limit), result: 'FAIL', truncated: diagnostics.length > limit };
}

/** @returns whether anything changed. */
function applyConfiguration(
  machine: Machine,
  request: Request,
  configuration: ReturnType<typeof configurationOf>,
): boolean {
  const before = JSON.stringify([machine.loggingConfiguration, machine.tracingConfiguration]);
  if (request.has('loggingConfiguration')) machine.loggingConfiguration = configuration.loggingConfiguration;
  if (request.has('tracingConfiguration')) machine.tracingConfiguration = configuration.tracingConfiguration;
  return before !== JSON.stringify([machine.loggingConfiguration, machine.tracingConfiguration]);
}

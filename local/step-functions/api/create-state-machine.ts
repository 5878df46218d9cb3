import { stateMachineArn } from '../arns.js';
import { describeDiagnostics } from '../definition/diagnostics.js';
import { parseDefinition } from '../definition/parse-definition.js';
import type { Workflow } from '../definition/workflow.js';
import type { FunctionSources } from '../jsonata/functions.js';
import { limits } from '../limits.js';
import type { Services } from '../run/frame.js';
import type { Machine } from './machines.js';
import { makeManagedRules } from './managed-rules.js';
import { checkArn, checkName, type Request } from './request.js';
import { notImplemented, ServiceError } from './service-error.js';
import { tagsOf } from './tags.js';

/** CreateStateMachine. The same call again answers the same machine; role and tags do not count. */
export function createStateMachine(request: Request, services: Services): object {
  const { machines } = services.directory;
  const name = checkName(request.string('name', { min: 1, max: limits.nameLength }));
  const definition = request.string('definition', { min: 1, max: limits.definitionBytes });
  const roleArn = checkArn(request.string('roleArn', { min: 1, max: 256 }));
  if (request.optionalEnum('type', ['STANDARD', 'EXPRESS']) === 'EXPRESS') throw notImplemented('the type EXPRESS');
  if (request.optionalBoolean('publish')) throw notImplemented('publish (state machine versions)');
  if (request.has('versionDescription')) {
    throw new ServiceError('ValidationException', 'Version description can only be set when publish is true');
  }
  refuseEncryption(request);
  const { loggingConfiguration, tracingConfiguration } = configurationOf(request);
  const workflow = compiled(definition, services.sources);
  const arn = stateMachineArn(services.arns, name);
  const existing = machines.get(arn);
  if (existing) {
    const { revision } = existing;
    const given = JSON.stringify([definition, loggingConfiguration, tracingConfiguration]);
    if (given !== JSON.stringify([revision.definition, existing.loggingConfiguration, existing.tracingConfiguration])) {
      throw new ServiceError('StateMachineAlreadyExists', `State Machine Already Exists: '${arn}'`);
    }
    return { creationDate: existing.creationDate, stateMachineArn: arn };
  }
  makeManagedRules(workflow, roleArn, services);
  const creationDate = services.ports.clock.now() / 1_000;
  const machine: Machine = {
    arn,
    name,
    status: 'ACTIVE',
    creationDate,
    revision: { machine: { arn, name }, roleArn, workflow, definition, updateDate: creationDate },
    loggingConfiguration,
    tracingConfiguration,
    tags: tagsOf(request, new Map()),
    executions: [],
  };
  machines.set(arn, machine);
  return { creationDate, stateMachineArn: arn };
}

/** @throws ServiceError InvalidDefinition. */
export function compiled(definition: string, sources: FunctionSources): Workflow {
  const parsed = parseDefinition(definition, sources);
  if (parsed.kind === 'valid') return parsed.workflow;
  throw new ServiceError('InvalidDefinition', describeDiagnostics(parsed.diagnostics));
}

/** Logging to CloudWatch is refused; tracing is noted and changes nothing here. */
export function configurationOf(request: Request): { loggingConfiguration: object; tracingConfiguration: object } {
  const logging = (request.get('loggingConfiguration') ?? {}) as { level?: unknown; includeExecutionData?: unknown };
  if (logging.level !== undefined && logging.level !== 'OFF')
    throw notImplemented('a loggingConfiguration other than OFF');
  const tracing = (request.get('tracingConfiguration') ?? {}) as { enabled?: unknown };
  return {
    loggingConfiguration: { includeExecutionData: logging.includeExecutionData === true, level: 'OFF' },
    tracingConfiguration: { enabled: tracing.enabled === true },
  };
}

export function refuseEncryption(request: Request): void {
  const { type } = (request.get('encryptionConfiguration') ?? {}) as { type?: unknown };
  if (type !== undefined && type !== 'AWS_OWNED_KEY') throw notImplemented('encryption with a customer managed key');
}

import type { Fields } from '../definition/fields.js';
import type { Integration } from './integration.js';
import { lambdaInvoke } from './lambda.js';
import { startExecution, startExecutionSync, startExecutionSync2 } from './states.js';

/** What a Task's `Resource` names; undefined, with a complaint, where it names nothing that the engine has. */
export function integrationOf(fields: Fields): Integration | undefined {
  const resource = fields.string('Resource');
  if (resource === undefined) return undefined;
  const found = integrations.find(({ service }) => isNamed(resource, service));
  if (found) return found;
  if (!resource.startsWith('arn:')) fields.invalid('Value is not a valid resource ARN', 'Resource');
  else {
    const names = integrations.map(({ service }) => `${service.resourceType}:${service.resource}`);
    fields.notImplemented(
      `the resource '${resource}'; those that it does are arn:<partition>:states:::<name>, where the name is ${names.join(', ')}`,
      'Resource',
    );
  }
  return undefined;
}

const integrations: readonly Integration[] = [lambdaInvoke, startExecution, startExecutionSync, startExecutionSync2];

function isNamed(resource: string, { resource: api, resourceType }: Integration['service']): boolean {
  const [, name] = /^arn:[^:]+:states:::(.*)$/.exec(resource) ?? [];
  return name === `${resourceType}:${api}`;
}

import { type Fields, isObject, type JsonObject } from '../definition/fields.js';
import type { Template } from '../jsonata/template.js';
import type { Json } from '../run/payload.js';
import type { Visit } from '../run/visit.js';
import type { Integration } from './integration.js';

/** `Arguments` of a Task, with AWS's complaints about what its integration does not know or lacks. */
export function argumentsOf(fields: Fields, integration: Integration | undefined): Template {
  const given = fields.get('Arguments');
  if (integration) {
    if (given === undefined) {
      fields.invalid(`Arguments field is required for resource ARN: ${fields.string('Resource')}`, 'Resource');
    } else if (typeof given !== 'string') {
      checkNames(fields, integration, isObject(given) ? given : {});
    }
  }
  return fields.template('Arguments') ?? { kind: 'constant', value: {} };
}

/**
 * The Arguments as they came to be: an expression may make any, so they are checked again when the task starts.
 * @throws StateError States.Runtime.
 */
export function checkedArguments(visit: Visit, integration: Integration, given: Json): JsonObject {
  const values = isObject(given) ? given : {};
  const problems = [...unknownIn(values, integration).map(unsupported), ...missingIn(values, integration).map(missing)];
  for (const [name, value] of Object.entries(values)) {
    const kind = kindOf(integration, name);
    if (kind === 'notImplemented')
      throw visit.runtimeError(`The embedded engine does not implement ${nameOf(integration, name)}`);
    if ((kind === 'requiredString' || kind === 'optionalString') && typeof value !== 'string')
      problems.push(`The value of the field '${name}' has an invalid format`);
  }
  if (problems.length === 0) return values;
  throw visit.runtimeError(
    `The Parameters '${JSON.stringify(given)}' could not be used to start the Task: [${problems.join(', ')}]`,
  );
}

function checkNames(fields: Fields, integration: Integration, given: JsonObject): void {
  for (const name of unknownIn(given, integration)) fields.invalid(unsupported(name), 'Arguments');
  for (const name of Object.keys(given)) {
    if (kindOf(integration, name) === 'notImplemented')
      fields.notImplemented(nameOf(integration, name), `Arguments/${name}`);
  }
  for (const name of missingIn(given, integration)) fields.invalid(missing(name), 'Arguments');
}

function kindOf({ arguments: kinds }: Integration, name: string) {
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

const unknownIn = (given: JsonObject, integration: Integration) =>
  Object.keys(given).filter((name) => kindOf(integration, name) === undefined);

const missingIn = (given: JsonObject, { arguments: kinds }: Integration) =>
  Object.keys(kinds).filter((name) => kinds[name] === 'requiredString' && !Object.hasOwn(given, name));

const unsupported = (name: string) => `The field '${name}' is not supported by Step Functions`;
const missing = (name: string) => `The field '${name}' is required but was missing`;
const nameOf = ({ service }: Integration, name: string) =>
  `the argument '${name}' of ${service.resourceType}:${service.resource}`;

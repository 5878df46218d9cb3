import { LambdaServiceError, refused } from '../service-error.js';
import type { MappingSettings } from './mapping.js';

/** The members of a request. */
export type Members = Readonly<Record<string, unknown>>;

const DEFAULTS: Omit<MappingSettings, 'functionArn'> = {
  enabled: true,
  batchSize: 10,
  batchingWindow: 0,
  reportsBatchItemFailures: false,
};

/**
 * Settings of a request to make a mapping, or to change it: what it does not say stays as it was.
 * Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 */
export function readSettings(
  members: Members,
  functionArn: string,
  before: Omit<MappingSettings, 'functionArn'> = DEFAULTS,
): MappingSettings {
  for (const name of Object.keys(members))
    if (!KNOWN.has(name) && members[name] !== undefined && members[name] !== null)
      throw refused(`${name} of an event source mapping`);
  const settings = {
    functionArn,
    enabled: flagOf(members, 'Enabled') ?? before.enabled,
    batchSize: numberOf(members, 'BatchSize', 1, 10_000) ?? before.batchSize,
    batchingWindow: numberOf(members, 'MaximumBatchingWindowInSeconds', 0, 300) ?? before.batchingWindow,
    reportsBatchItemFailures: reports(members['FunctionResponseTypes']) ?? before.reportsBatchItemFailures,
    maximumConcurrency: concurrency(members['ScalingConfig'], before.maximumConcurrency),
  };
  if (settings.batchSize > 10 && settings.batchingWindow === 0)
    throw invalid('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  return settings;
}

export const invalid = (message: string) => new LambdaServiceError('InvalidParameterValueException', 400, message);

export function textOf(members: Members, name: string): string | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw new LambdaServiceError('SerializationException', 400, `Expected a string as ${name}.`);
  return value;
}

function flagOf(members: Members, name: string): boolean | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean')
    throw new LambdaServiceError('SerializationException', 400, `Expected true or false as ${name}.`);
  return value;
}

function numberOf(members: Members, name: string, least: number, most: number): number | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new LambdaServiceError('SerializationException', 400, `Expected a whole number as ${name}.`);
  if (value < least || value > most) throw constraint(name, value, least, most);
  return value;
}

function constraint(name: string, value: number, least: number, most: number): LambdaServiceError {
  const member = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
  const bound = value < least ? `greater than or equal to ${least}` : `less than or equal to ${most}`;
  return new LambdaServiceError(
    'ValidationException',
    400,
    `1 validation error detected: Value '${value}' at '${member}' failed to satisfy constraint: Member must have value ${bound}`,
  );
}

function reports(types: unknown): boolean | undefined {
  if (types === undefined || types === null) return undefined;
  if (!Array.isArray(types) || types.some((each) => each !== 'ReportBatchItemFailures') || types.length > 1)
    throw invalid('FunctionResponseTypes: expected ReportBatchItemFailures at most.');
  return types.length > 0;
}

/** An empty ScalingConfig takes the limit back. */
function concurrency(config: unknown, before: number | undefined): number | undefined {
  if (config === undefined || config === null) return before;
  return numberOf(Object(config) as Members, 'MaximumConcurrency', 2, 1000);
}

const KNOWN = new Set([
  'BatchSize',
  'Enabled',
  'EventSourceArn',
  'FunctionName',
  'FunctionResponseTypes',
  'MaximumBatchingWindowInSeconds',
  'ScalingConfig',
]);

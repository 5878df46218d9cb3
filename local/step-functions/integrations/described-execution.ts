import type { ExecutionDescription } from '../api/executions.js';
import type { JsonObject } from '../definition/fields.js';
import type { Json } from '../run/payload.js';

/**
 * DescribeExecution's answer as a Task has it: names begin with a capital letter, dates are milliseconds since the epoch.
 * @param data whether input and output stay JSON text, or are parsed
 */
export function describedExecution(description: ExecutionDescription, data: 'text' | 'json'): JsonObject {
  const entries = Object.entries(description).map(([name, value]: [string, Json]): [string, Json] => [
    capitalized(name),
    shown(name, value, data),
  ]);
  return Object.fromEntries(entries);
}

function shown(name: string, value: Json, data: 'text' | 'json'): Json {
  switch (name) {
    case 'startDate':
    case 'stopDate':
      return Math.round((value as number) * 1_000);
    case 'inputDetails':
    case 'outputDetails':
      return { Included: (value as { included: boolean }).included };
    case 'input':
    case 'output':
      return data === 'json' ? (JSON.parse(value as string) as Json) : value;
    default:
      return value;
  }
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

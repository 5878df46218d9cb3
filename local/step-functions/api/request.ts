import { invalidArn, ServiceError, validationException } from './service-error.js';

/** The members of one API call, read with the service's complaints about what is missing or out of bounds. */
export class Request {
  readonly #values: Record<string, unknown>;

  constructor(body: unknown) {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw new ServiceError('SerializationException', 'The request must be a JSON object.');
    }
    this.#values = body as Record<string, unknown>;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name) && this.#values[name] !== null && this.#values[name] !== undefined;
  }

  get(name: string): unknown {
    return this.has(name) ? this.#values[name] : undefined;
  }

  string(name: string, { min = 0, max = Number.POSITIVE_INFINITY } = {}): string {
    const value = this.optionalString(name, { min, max });
    if (value === undefined) throw constraint('null', name, 'Member must not be null');
    return value;
  }

  optionalString(name: string, { min = 0, max = Number.POSITIVE_INFINITY } = {}): string | undefined {
    const value = this.#typed(name, 'string', (given): given is string => typeof given === 'string');
    if (value === undefined) return undefined;
    if (value.length < min) throw constraint(value, name, `Member must have length greater than or equal to ${min}`);
    if (Buffer.byteLength(value) > max)
      throw constraint(value, name, `Member must have length less than or equal to ${max}`);
    return value;
  }

  /** @throws ServiceError InvalidArn where it does not even begin as one. */
  arn(name: string): string {
    return checkArn(this.string(name, { min: 1, max: 2_000 }));
  }

  optionalBoolean(name: string): boolean | undefined {
    return this.#typed(name, 'boolean', (given): given is boolean => typeof given === 'boolean');
  }

  optionalNumber(name: string, { min, max }: { min: number; max: number }): number | undefined {
    const value = this.#typed(name, 'number', (given): given is number => typeof given === 'number');
    if (value === undefined) return undefined;
    if (value < min) throw constraint(String(value), name, `Member must have value greater than or equal to ${min}`);
    if (value > max) throw constraint(String(value), name, `Member must have value less than or equal to ${max}`);
    return value;
  }

  optionalEnum<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.optionalString(name);
    if (value === undefined || values.includes(value as T)) return value as T | undefined;
    throw constraint(value, name, `Member must satisfy enum value set: [${values.join(', ')}]`);
  }

  #typed<T>(name: string, type: string, is: (value: unknown) => value is T): T | undefined {
    const value = this.get(name);
    if (value === undefined || is(value)) return value;
    throw new ServiceError('SerializationException', `The member '${name}' must be a ${type}.`);
  }
}

export function checkArn(arn: string): string {
  if (!arn.startsWith('arn:')) throw invalidArn(`Invalid ARN prefix: ${arn}`);
  return arn;
}

/** Names of machines and executions. @throws ServiceError InvalidName. */
export function checkName(name: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what AWS refuses
  const forbidden = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]/u;
  if (forbidden.test(name)) throw new ServiceError('InvalidName', `Invalid Name: '${name}'`);
  return name;
}

function constraint(value: string, name: string, problem: string): ServiceError {
  const shown = value === 'null' ? 'null' : `'${value.length > 1_000 ? `${value.slice(0, 1_000)}...` : value}'`;
  return validationException(
    `1 validation error detected: Value ${shown} at '${name}' failed to satisfy constraint: ${problem}`,
  );
}

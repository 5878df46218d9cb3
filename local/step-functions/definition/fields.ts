import { compileExpression, type Expression, expressionIn, looksLikeExpression } from '../jsonata/expression.js';
import { ExpressionError } from '../jsonata/expression-error.js';
import type { FunctionSources } from '../jsonata/functions.js';
import { compileTemplate, type Template } from '../jsonata/template.js';
import type { Json } from '../run/payload.js';
import { type StatesMembers, unsupportedReferences } from '../jsonata/references.js';
import type { Diagnostics } from './diagnostics.js';

export type JsonObject = { [key: string]: Json };
export type QueryLanguage = 'JSONata' | 'JSONPath';

export interface FieldScope {
  diagnostics: Diagnostics;
  sources: FunctionSources;
  /** Expressions are compiled in JSONata states only. */
  language: QueryLanguage;
  /** Whether the state has a result, which its Output and Assign see. */
  hasResult: boolean;
}

/** The fields of one object of a definition, read with AWS's complaints about what is missing or of the wrong kind. */
export class Fields {
  /**
   * @param path of the object in the definition, as in `/States/Copy/Retry[0]`; the root is ''.
   * @param location of the object in its state, as in `Retry[0]`; '' for the state itself.
   */
  constructor(
    readonly values: JsonObject,
    readonly path: string,
    readonly location: string,
    readonly scope: FieldScope,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.values, name);
  }

  get(name: string): Json | undefined {
    return this.has(name) ? this.values[name] : undefined;
  }

  /** Complains about every field but these. */
  allow(...names: string[]): void {
    for (const name of Object.keys(this.values)) {
      if (!names.includes(name)) this.invalid(`Field '${name}' is not supported`);
    }
  }

  /** Complains unless exactly one of these is given. */
  requireOne(names: readonly string[], given = names.filter((name) => this.has(name))): void {
    const list = `[${names.join(', ')}]`;
    if (given.length > 1) this.invalid(`There should only be one of the following fields: ${list}`);
    if (given.length === 0) this.invalid(`This object should have only one of the following fields: ${list}`);
  }

  /** Complains, in one sentence, about those of these that are missing. */
  require(...names: string[]): boolean {
    const missing = names.filter((name) => !this.has(name));
    if (missing.length > 0) this.invalid(`These fields are required: [${missing.join(', ')}]`);
    return missing.length === 0;
  }

  invalid(message: string, field?: string): void {
    this.scope.diagnostics.invalid(message, this.at(field));
  }

  notImplemented(what: string, field?: string): void {
    this.scope.diagnostics.notImplemented(what, this.at(field));
  }

  string(name: string): string | undefined {
    return this.#typed(name, 'String', (value): value is string => typeof value === 'string');
  }

  boolean(name: string): boolean | undefined {
    return this.#typed(name, 'Boolean', (value): value is boolean => typeof value === 'boolean');
  }

  number(
    name: string,
    { min, max, integer = false }: { min: number; max?: number; integer?: boolean },
  ): number | undefined {
    const value = this.#typed(
      name,
      integer ? 'Integer' : 'Number',
      (given): given is number => typeof given === 'number',
    );
    if (value === undefined) return undefined;
    if (integer && !Number.isInteger(value)) this.invalid('Expected value of type Integer', name);
    else if (value < min) this.invalid(`Minimum value is ${min}`, name);
    else if (max !== undefined && value > max) this.invalid(`Maximum value is ${max}`, name);
    return value;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined || values.includes(value as T)) return value as T | undefined;
    if (typeof value !== 'string') this.invalid('Expected value of type [STRING]', name);
    else this.invalid(`Value should be one of the following: [${values.join(', ')}]`, name);
    return undefined;
  }

  strings(name: string): string[] {
    const value = this.#typed(name, 'Array', (given): given is Json[] => Array.isArray(given));
    if (value?.some((item) => typeof item !== 'string')) this.invalid('Expected value of type String', name);
    return (value ?? []).filter((item) => typeof item === 'string');
  }

  object(name: string): Fields | undefined {
    const value = this.#typed(name, 'Object', isObject);
    return value && this.#within(value, name);
  }

  /** The objects of an array field. */
  objects(name: string): Fields[] {
    const value = this.#typed(name, 'Array', (given): given is Json[] => Array.isArray(given));
    return (value ?? []).flatMap((item, index) => {
      if (isObject(item)) return this.#within(item, `${name}[${index}]`);
      this.invalid('Expected value of type Object', `${name}[${index}]`);
      return [];
    });
  }

  /** JSON in which any string may be an expression. */
  template(name: string): Template | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : this.compile(value, name);
  }

  /** A number, or an expression that must come to one. */
  numberOrExpression(name: string, bounds: { min: number; max?: number; integer?: boolean }): Template | undefined {
    const value = this.get(name);
    if (typeof value !== 'string') {
      const number = this.number(name, bounds);
      return number === undefined ? undefined : { kind: 'constant', value: number };
    }
    const template = this.compile(value, name);
    if (!looksLikeExpression(value)) {
      this.invalid(`Expected value of type ${bounds.integer ? 'Integer' : 'Number'}`, name);
    }
    return template;
  }

  compile(value: Json, name: string): Template {
    const location = this.location ? `${this.location}/${name}` : name;
    return compileTemplate(value, location, (text, where) => this.#expression(text, where));
  }

  at(field?: string): string {
    if (field === undefined) return this.path || '/';
    return `${this.path}/${field}`;
  }

  #within(value: JsonObject, name: string): Fields {
    return new Fields(value, `${this.path}/${name}`, this.location ? `${this.location}/${name}` : name, this.scope);
  }

  #typed<T extends Json>(name: string, expected: string, is: (value: Json) => value is T): T | undefined {
    const value = this.get(name);
    if (value === undefined || is(value)) return value;
    this.invalid(`Expected value of type ${expected}`, name);
    return undefined;
  }

  #expression(text: string, location: string): Expression | undefined {
    if (this.scope.language !== 'JSONata') return undefined;
    const statePath = this.location ? this.path.slice(0, -this.location.length - 1) : this.path;
    const path = `${statePath}/${location}`;
    const source = expressionIn(text);
    if (source === undefined) {
      this.scope.diagnostics.invalid('JSONata string must start with {% and end with %}', path);
      return undefined;
    }
    try {
      const expression = compileExpression(source, this.scope.sources);
      for (const problem of unsupportedReferences(expression.ast, this.#statesAt(location))) {
        this.scope.diagnostics.add('UNSUPPORTED_JSONATA_EXPRESSION', problem, path);
      }
      return expression;
    } catch (error) {
      // A RangeError: so deeply nested that walking its syntax tree exhausts the stack.
      if (!(error instanceof ExpressionError || error instanceof RangeError)) throw error;
      const problem = error instanceof ExpressionError ? error.description : error.message;
      this.scope.diagnostics.add('INVALID_JSONATA_EXPRESSION', problem, path);
      return undefined;
    }
  }

  #statesAt(location: string): StatesMembers {
    return {
      result: this.scope.hasResult && /^(?:Output|Assign)\b/.test(location),
      errorOutput: location.startsWith('Catch['),
    };
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

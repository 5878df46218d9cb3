import type { Template } from '../jsonata/template.js';
import type { Catcher, Retrier } from '../run/retry-and-catch.js';
import type { Exit } from '../run/visit.js';
import { limits } from '../limits.js';
import { Fields, isObject } from './fields.js';
import type { Target, Workflow } from './workflow.js';

/** A state of a definition, and how the workflow within it is compiled. */
export interface StateSource {
  name: string;
  fields: Fields;
  /** Compiles the states within a Map or Parallel; `apart` where they run in executions of their own. */
  compileWithin: (fields: Fields, apart?: 'apart') => Workflow | undefined;
  /** A UUID that names a Map without Label; the same one for as long as the definition lives. */
  newLabel: () => string;
  /** Labels of the Maps that the definition has so far. */
  labels: Set<string>;
  /** EventBridge rules that its Tasks need so far. */
  managedRules: Set<string>;
}

/** Fields that every state may have. */
const common = new Set(['Type', 'Comment', 'QueryLanguage']);

/** What JSONPath states have and JSONata states do not. */
const jsonPathOnly = new Set([
  'InputPath',
  'OutputPath',
  'ResultPath',
  'Parameters',
  'ResultSelector',
  'ItemsPath',
  'Result',
]);

/** Complains about fields that a state of this type does not have. */
export function allowFields({ fields }: StateSource, ...names: string[]): void {
  const { language } = fields.scope;
  for (const name of Object.keys(fields.values)) {
    if (common.has(name) || names.includes(name)) continue;
    if (language === 'JSONata' && isJsonPathField(name)) {
      fields.invalid(onlyForJsonPath(name));
    } else if (isJsonPathField(name)) fields.notImplemented(`'${name}' (QueryLanguage JSONPath); use JSONata`, name);
    else fields.invalid(`Field '${name}' is not supported`);
  }
  if (language === 'JSONata') return;
  for (const name of ['Arguments', 'Output', 'Items', 'Condition']) {
    if (fields.has(name)) {
      fields.invalid(
        `The QueryLanguage is set to 'JSONPath', but field '${name}' is only supported for the 'JSONata' QueryLanguage`,
      );
    }
  }
  if (fields.has('Assign')) fields.notImplemented("'Assign' with QueryLanguage JSONPath; use JSONata", 'Assign');
}

export function onlyForJsonPath(field: string): string {
  return `The QueryLanguage is set to 'JSONata', but field '${field}' is only supported for the 'JSONPath' QueryLanguage`;
}

/** States of these types exist in JSONata only here. */
export function requireJsonata({ fields }: StateSource, type: string): void {
  if (fields.scope.language !== 'JSONata')
    fields.notImplemented(`a ${type} state with QueryLanguage JSONPath; use JSONata`);
}

/** `Next` or `End`: exactly one of them. */
export function transition({ fields }: StateSource): {
  next: string | undefined;
  targets: Target[];
  terminal: boolean;
} {
  const next = fields.string('Next');
  const end = fields.boolean('End');
  const given = [...(fields.has('Next') ? ['Next'] : []), ...(end === true ? ['End'] : [])];
  fields.requireOne(['Next', 'End'], given);
  return { next, targets: targetsOf(fields, 'Next'), terminal: end === true };
}

export function targetsOf(fields: Fields, name: string): Target[] {
  const target = fields.get(name);
  return typeof target === 'string' ? [{ name: target, location: fields.at(name) }] : [];
}

/** `Output` and `Assign`. */
export function exitOf(fields: Fields): Exit {
  return { output: fields.template('Output'), assign: assignOf(fields) };
}

export function retryOf(fields: Fields): Retrier[] {
  return fields.objects('Retry').map((retrier, index, all) => {
    retrier.allow(
      'ErrorEquals',
      'IntervalSeconds',
      'MaxAttempts',
      'BackoffRate',
      'MaxDelaySeconds',
      'JitterStrategy',
      'Comment',
    );
    retrier.require('ErrorEquals');
    const intervalSeconds = retrier.number('IntervalSeconds', { min: 0, max: limits.seconds, integer: true }) ?? 1;
    const maxDelaySeconds = retrier.number('MaxDelaySeconds', { min: 1, max: limits.retryDelaySeconds, integer: true });
    if (maxDelaySeconds !== undefined && maxDelaySeconds <= intervalSeconds && retrier.has('IntervalSeconds')) {
      retrier.invalid('MaxDelaySeconds must be greater than IntervalSeconds', 'MaxDelaySeconds');
    }
    return {
      errorEquals: errorEqualsOf(retrier, index === all.length - 1),
      intervalSeconds,
      maxAttempts: retrier.number('MaxAttempts', { min: 0, max: limits.seconds, integer: true }) ?? 3,
      backoffRate: retrier.number('BackoffRate', { min: 1 }) ?? 2,
      jitter: retrier.oneOf('JitterStrategy', ['NONE', 'FULL']) ?? 'NONE',
      ...(maxDelaySeconds === undefined ? {} : { maxDelaySeconds }),
    };
  });
}

export function catchOf(fields: Fields): { catchers: Catcher[]; targets: Target[] } {
  const sources = fields.objects('Catch');
  const catchers = sources.map((catcher, index) => {
    catcher.allow('ErrorEquals', 'Next', 'Output', 'Assign', 'Comment');
    catcher.require('ErrorEquals', 'Next');
    const errorEquals = errorEqualsOf(catcher, index === sources.length - 1);
    return { errorEquals, next: catcher.string('Next') ?? '', ...exitOf(catcher) };
  });
  return { catchers, targets: sources.flatMap((catcher) => targetsOf(catcher, 'Next')) };
}

/** @param last whether no other retrier or catcher follows. */
function errorEqualsOf(fields: Fields, last: boolean): string[] {
  const names = fields.strings('ErrorEquals');
  if (fields.has('ErrorEquals') && names.length === 0) fields.invalid('Value cannot be empty', 'ErrorEquals');
  const all = names.indexOf('States.ALL');
  if (all !== -1 && (names.length > 1 || !last)) {
    fields.invalid('States.ALL must appear alone and at end of list', `ErrorEquals[${all}]`);
  }
  return names;
}

function assignOf(fields: Fields): Template | undefined {
  const assign = fields.get('Assign');
  if (assign === undefined) return undefined;
  if (!isObject(assign)) {
    fields.invalid('Expected value of type Object', 'Assign');
    return undefined;
  }
  for (const name of Object.keys(assign)) {
    if (name === 'states') fields.invalid("The variable name 'states' is reserved", 'Assign');
    else if (!/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u.test(name)) {
      fields.invalid(`'${name}' is not a valid variable name`, 'Assign');
    }
  }
  return fields.template('Assign');
}

function isJsonPathField(name: string): boolean {
  return jsonPathOnly.has(name) || (name.endsWith('Path') && name !== 'Path');
}

import { randomUUID } from 'node:crypto';
import type { FunctionSources } from '../jsonata/functions.js';
import { limits } from '../limits.js';
import { describeJsonError } from './json-error.js';
import { compileWorkflow, languageOf } from './compile-workflow.js';
import { type Diagnostic, Diagnostics } from './diagnostics.js';
import { Fields, isObject } from './fields.js';
import type { Json } from '../run/payload.js';
import { nestingLimit, tooDeeplyNested } from './nesting.js';
import type { Workflow } from './workflow.js';

export type ParsedDefinition = { kind: 'valid'; workflow: Workflow } | { kind: 'invalid'; diagnostics: Diagnostic[] };

/** Compiles an Amazon States Language definition, or says all that is wrong with it, in AWS's words where they are known. */
export function parseDefinition(text: string, sources: FunctionSources): ParsedDefinition {
  const diagnostics = new Diagnostics();
  const workflow = compile(text, diagnostics, sources);
  return workflow && diagnostics.found.length === 0
    ? { kind: 'valid', workflow }
    : { kind: 'invalid', diagnostics: diagnostics.found };
}

function compile(text: string, diagnostics: Diagnostics, sources: FunctionSources): Workflow | undefined {
  const document = parseJson(text, diagnostics);
  if (document !== undefined && tooDeeplyNested(text)) {
    diagnostics.add('TOO_DEEPLY_NESTED', `Definition is nested deeper than ${nestingLimit} levels`);
    return undefined;
  }
  if (!isObject(document)) {
    if (diagnostics.found.length === 0)
      diagnostics.add('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
    return undefined;
  }
  const language = languageOf(document['QueryLanguage'], 'JSONPath');
  const fields = new Fields(document, '', '', { diagnostics, sources, language, hasResult: false });
  fields.allow('Comment', 'QueryLanguage', 'StartAt', 'States', 'TimeoutSeconds', 'Version');
  fields.oneOf('QueryLanguage', ['JSONPath', 'JSONata']);
  fields.oneOf('Version', ['1.0']);
  const timeoutSeconds = fields.number('TimeoutSeconds', { min: 0, max: limits.seconds, integer: true });
  if (timeoutSeconds === 0) fields.notImplemented('a TimeoutSeconds of 0', 'TimeoutSeconds');
  const managedRules = new Set<string>();
  const workflow = compileWorkflow(fields, {
    language,
    names: new Set(),
    newLabel: randomUUID,
    labels: new Set(),
    managedRules,
    variables: new Set(),
    nested: false,
  });
  return workflow && { ...workflow, managedRules, ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }) };
}

function parseJson(text: string, diagnostics: Diagnostics): Json | undefined {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    const { message, location } = describeJsonError(text);
    diagnostics.add('INVALID_JSON_DESCRIPTION', `${message}\n at ${location}`, location);
    return undefined;
  }
}

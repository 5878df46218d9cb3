import {
  allowFields,
  exitOf,
  onlyForJsonPath,
  requireJsonata,
  type StateSource,
  targetsOf,
} from '../definition/state-fields.js';
import type { Fields } from '../definition/fields.js';
import type { State } from '../definition/workflow.js';
import { looksLikeExpression } from '../jsonata/expression.js';
import type { Template } from '../jsonata/template.js';
import { type Exit, Visit } from '../run/visit.js';

interface Rule extends Exit {
  condition: Template;
  next: string;
}

/** Choice: goes where the first rule that holds points, or where Default does. */
export function compileChoice(source: StateSource): State {
  const { name, fields } = source;
  requireJsonata(source, 'Choice');
  allowFields(source, 'Choices', 'Default', 'Output', 'Assign');
  fields.require('Choices');
  const sources = fields.objects('Choices');
  if (fields.has('Choices') && sources.length === 0) fields.invalid('Value cannot be empty', 'Choices');
  const rules = sources.map(compileRule);
  const otherwise = { next: fields.string('Default'), ...exitOf(fields) };
  return {
    name,
    type: 'Choice',
    targets: [...sources.flatMap((rule) => targetsOf(rule, 'Next')), ...targetsOf(fields, 'Default')],
    terminal: false,
    run: async (input, frame) => {
      const visit = new Visit({ type: 'Choice', name }, input, frame);
      const chosen = (await firstThatHolds(rules, visit)) ?? otherwise;
      if (chosen.next === undefined) {
        throw visit.runtimeError('Failed to transition out of the state. The state does not point to a next state.');
      }
      return { next: chosen.next, output: await visit.exit(chosen, input) };
    },
  };
}

function compileRule(fields: Fields): Rule {
  checkRuleFields(fields);
  fields.require('Next');
  const condition = fields.get('Condition') ?? false;
  const template = fields.compile(condition, 'Condition');
  if (typeof condition === 'string' ? !looksLikeExpression(condition) : typeof condition !== 'boolean') {
    fields.invalid('Expected value of type Boolean or a JSONata expression', 'Condition');
  }
  return { condition: template, next: fields.string('Next') ?? '', ...exitOf(fields) };
}

function checkRuleFields(fields: Fields): void {
  for (const name of ['And', 'Or', 'Not', 'Variable']) {
    if (fields.has(name)) fields.invalid(onlyForJsonPath(name));
  }
  if (['And', 'Or', 'Not', 'Variable'].some((name) => fields.has(name))) return;
  fields.allow('Condition', 'Next', 'Output', 'Assign', 'Comment');
  if (!fields.has('Condition')) {
    fields.invalid('The object must have only one of the following fields, [And, Or, Not, Variable, Condition]');
  }
}

async function firstThatHolds(rules: Rule[], visit: Visit): Promise<Rule | undefined> {
  for (const rule of rules) {
    if (await visit.evaluateAs('boolean', rule.condition)) return rule;
  }
  return undefined;
}

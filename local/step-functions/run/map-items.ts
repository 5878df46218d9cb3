import type { Fields } from '../definition/fields.js';
import type { Template } from '../jsonata/template.js';
import type { Json, Payload } from './payload.js';
import type { Visit } from './visit.js';

/** One attempt of a Map state. @returns its result, and the event that the state's Exited event follows. */
export type MapProcessing = (visit: Visit) => Promise<{ result: Payload; previous: number }>;

/** The array that a Map runs over: Items, or else its input. */
export async function itemsOf(visit: Visit, items: Template | undefined): Promise<Json[]> {
  if (items) return visit.evaluateAs('array', items);
  const { value, text } = visit.input;
  if (Array.isArray(value)) return value;
  throw visit.evaluationFailed(`Map state input must be an array but was: ${text}`);
}

/** What a Map does with one item: ItemSelector, which alone sees `$states.context.Map.Item`, or the item itself. */
export async function selectItem(
  visit: Visit,
  selector: Template | undefined,
  index: number,
  item: Payload,
): Promise<Payload> {
  if (!selector) return item;
  const context = { ...(visit.context() as { [key: string]: Json }), Map: mapContext(index, item.value) };
  return visit.evaluatePayload(selector, {}, context);
}

export function mapContext(index: number, value: Json): Json {
  return { Item: { Index: index, Value: value } };
}

/** `Items`: a literal array, or an expression. */
export function itemsTemplate(fields: Fields): Template | undefined {
  const items = fields.get('Items');
  if (items !== undefined && !Array.isArray(items) && typeof items !== 'string') {
    fields.invalid('Expected value of type Array or a JSONata expression', 'Items');
  }
  return fields.template('Items');
}
